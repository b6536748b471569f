"""Servers, and clients that post calls to them."""
