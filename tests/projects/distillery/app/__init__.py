"""The distillery's books."""
