"""Models for programs without torch."""
