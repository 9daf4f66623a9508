"""Trainings told to other programs."""
