"""Rules on Foreshot's own settings and on where projects are found."""
