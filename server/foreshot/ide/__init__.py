"""What an editor shows, in plain values: knows neither the protocol nor the command line."""
