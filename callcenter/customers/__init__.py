"""Customers: where a tier comes from, how long it lasts, and what it costs the others."""
