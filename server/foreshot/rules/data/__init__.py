"""Changes that fail, or lie, on rows that are there already."""
