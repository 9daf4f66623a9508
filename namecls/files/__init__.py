"""Files that others made, files that survive a crash, and processes that meet over them."""
