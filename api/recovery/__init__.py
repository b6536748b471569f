"""The engine and its read models rebuilt from snapshot and journal, checked, and copied beside the service."""
