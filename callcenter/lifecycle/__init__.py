"""The folds of events: records of calls and agents, half hours, measures."""
