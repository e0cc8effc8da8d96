"""engine/question."""
