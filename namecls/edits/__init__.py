"""Edits of a file of names: what they are, the file that keeps them, and what they make of a table and of its file."""
