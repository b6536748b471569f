"""Simulated days as they run: SimPy tells the engine the time and what people do; many days, many processes."""
