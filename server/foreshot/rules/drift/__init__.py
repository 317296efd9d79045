"""Rules on models against the history: what no migration makes, and what no model has."""
