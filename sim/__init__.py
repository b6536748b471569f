"""Simulated time: the same engine, lived through in days that chance draws."""
