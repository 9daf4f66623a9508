"""Bytes in and out, signals, crashes."""
