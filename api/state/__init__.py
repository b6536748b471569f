"""What committed events say of calls, agents, tasks and days: the read models behind every response."""
