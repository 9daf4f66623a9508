"""Trainings and searches, in a thread or in another process, told in messages."""
