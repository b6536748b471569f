"""The random input of simulated days: demand, people, shifts, laws of time, and the streams of chance behind them."""
