"""Why: what a network makes of a name, letter by letter."""
