"""What SQLite needs."""
