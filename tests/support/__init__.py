"""Parts that several tests use: a scripted session and a recorded run, a terminal, an Ollama server, tiny models.

Typed like the product (`mypy --strict`); it imports the product and no test.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout: subprocesses of tests run here, so that `engine`, `db`, `tui` and `tests` can be imported."""
