"""Customer files into the directory: read, checked, kept aside, put in piece by piece."""
