"""Rules on the types that revisions name: imports, prefixes and classes of the application."""
