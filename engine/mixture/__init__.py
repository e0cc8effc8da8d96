"""engine/mixture."""
