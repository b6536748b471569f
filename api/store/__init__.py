"""What outlives the process: the journal and the rows beside it, the same tables on SQLite and PostgreSQL."""
