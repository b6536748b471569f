"""Make the generated files of deploy/; tests hold them up to date."""
