"""What simulated days come to: columns of calls, figures, estimates with their intervals."""
