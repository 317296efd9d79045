"""What a database does for an operation: locks, scans, rewrites, failures. Data and pure functions, measured."""
