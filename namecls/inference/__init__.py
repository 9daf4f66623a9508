"""Predict, evaluate and explain."""
