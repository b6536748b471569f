"""What each command or deadline causes: decisions, which change nothing themselves."""
