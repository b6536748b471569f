"""The routing engine: decides which waiting call goes to which agent; knows no clock, no I/O, no chance."""
