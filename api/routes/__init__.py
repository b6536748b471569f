"""The routes, one file a noun: a request becomes a command, facts become a response."""
