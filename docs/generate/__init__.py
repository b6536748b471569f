"""Makes the generated pages of docs/; a test holds them up to date."""
