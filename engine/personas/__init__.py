"""engine/personas."""
