"""Values to coloured text."""
