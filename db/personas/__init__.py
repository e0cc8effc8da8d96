"""db/personas."""
