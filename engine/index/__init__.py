"""engine/index."""
