"""Work for who asks over HTTP, in a process of its own: simulations, comparisons, curves, trials, rosters, pictures."""
