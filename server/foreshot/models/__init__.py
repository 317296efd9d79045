"""What models want: mapped tables, read without importing anything."""
