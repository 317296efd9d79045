"""Comments and settings that silence rules."""
