"""Web hooks: messages, where they may go, their delivery."""
