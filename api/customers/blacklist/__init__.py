"""The blacklist of a live service: proposals, approvals, reviews, and what became of the calls."""
