"""What the database looks like before and after an operation."""
