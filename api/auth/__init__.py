"""Who asks, and what they may: keys, the sources and groups a key is bound to, when it was used, the audit trail."""
