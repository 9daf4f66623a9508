"""Training as a generator of events, and what it decides on the way."""
