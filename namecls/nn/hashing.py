"""Numbers by which pieces of names are hashed to rows of a table, the same in every engine."""

from __future__ import annotations

EDGE = 1_000_003  # stands before the first letter and after the last; no id of a character is as high
WORD = 7_000_003  # begins the hash of a word, so that it is not that of an n-gram
FACTOR = 0x1F35_7A4D_9B27_63C5  # odd, and its bits are well mixed
MIX = -0x61C8_8646_80B5_83EB  # 2^64 over the golden ratio, as a signed number
