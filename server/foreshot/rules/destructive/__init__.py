"""What deletes data, or lets it be damaged."""
