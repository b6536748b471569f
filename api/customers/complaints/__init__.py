"""Complaints and the surveys that follow them."""
