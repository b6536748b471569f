"""Experiments: a scenario lived through many times, alone, beside variants or over a grid, in many processes."""
