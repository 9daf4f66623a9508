"""The run directory: its record, its weights, and how it is followed from outside."""
