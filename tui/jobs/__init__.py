"""Trainings and searches, in a thread or another process, reported by messages."""
