"""What a revision says: typed operations with spans, and the graph of revisions."""
