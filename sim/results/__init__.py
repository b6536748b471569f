"""Results of simulated days: figures, estimates with their intervals, costs, and what to doubt."""
