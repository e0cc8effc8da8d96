"""engine/answer."""
