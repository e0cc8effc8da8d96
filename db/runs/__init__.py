"""db/runs."""
