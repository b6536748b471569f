"""The words of a call centre: what exists, what can be asked, what can have happened."""
