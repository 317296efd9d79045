"""What is renamed, and what should have been."""
