"""engine/walk."""
