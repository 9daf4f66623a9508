"""What runs in threads beside the screens; the only place that reaches the library's torch half."""
