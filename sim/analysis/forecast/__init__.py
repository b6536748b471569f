"""From call logs to the calls, and the handling times, of days to come."""
