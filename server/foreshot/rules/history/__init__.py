"""The graph of revisions."""
