"""tui/drawing."""
