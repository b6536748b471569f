"""`callcenter drive`: a scenario's callers and agents, played against a running service."""
