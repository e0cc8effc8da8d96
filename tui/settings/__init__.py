"""tui/settings."""
