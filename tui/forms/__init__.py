"""Forms without their widgets."""
