"""Probabilities that mean what they say: temperature, prediction sets, abstention, metrics."""
