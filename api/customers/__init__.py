"""Customers: what is known of them, who a number is, how they come and go."""
