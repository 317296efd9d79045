"""Files that could not be read as what they should be."""
