"""Authentication and access: API keys, passwords, sessions, the sources and groups of a key, the audit trail."""
