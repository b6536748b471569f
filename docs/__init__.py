"""Documentation; the pages that follow from the code are made by `python -m docs.generate`."""
