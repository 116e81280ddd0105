"""What Python values become on the wire and wire values in Python, on a server that only repeats bytes."""
