"""What is probably labelled wrongly in a file of names: found, ranked, and suggested as edits."""
