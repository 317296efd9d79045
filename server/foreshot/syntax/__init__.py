"""A Python file read without being run: its tree, its names, its comments and its static values."""
