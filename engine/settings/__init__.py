"""engine/settings."""
