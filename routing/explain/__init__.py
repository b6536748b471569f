"""Answers that change nothing: why this place, why not yet, the picture of the floor."""
