"""SQL inside Python."""
