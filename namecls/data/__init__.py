"""From a file of names and labels to batches of ids."""
