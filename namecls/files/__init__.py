"""Untrusted files, atomic writes, locks, and requests between processes."""
