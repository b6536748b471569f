"""Work in child processes: simulations for who asks over HTTP, and the figures of days gone by."""
