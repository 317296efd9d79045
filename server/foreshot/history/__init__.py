"""The story of the schema: what every revision does, and what was there before it."""
