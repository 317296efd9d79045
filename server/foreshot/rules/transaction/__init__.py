"""What commits, what must not run in a transaction, and what needs one of its own."""
