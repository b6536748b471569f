"""Real days analysed: call logs fitted and forecast, recorded days simulated again, the rest of a day begun."""
