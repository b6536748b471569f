"""What each fact changes: one function an event, which moves the state by its table and records the event.

Nothing is decided here and nothing else writes to the floor. A move that the tables do not know is our own
fault, and a crash we want to see.
"""
