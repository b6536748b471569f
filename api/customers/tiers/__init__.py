"""Which tier a customer has: overrides, standings, regrading, reviews, and calls that move with it."""
