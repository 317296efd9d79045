"""Names and shapes of constraints and indexes."""
