"""The parser of all commands: bad usage is one clear line, like every other error."""

import argparse
from typing import NoReturn

from engine.errors import InputError

RUN_HELP = "a run of the history by its id or the beginning of it, or last"

_EVERYWHERE = """
with every command:
  --workspace DIR  where configs, personas and history are kept (or PERSONA_MOE_WORKSPACE)
  --debug          show where an internal error happened
"""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises InputError instead of printing its usage."""

    @classmethod
    def of_command(cls, name: str, description: str) -> "Parser":
        """The parser of one command; `name` is empty for the application itself."""
        return cls(
            prog=f"persona-moe {name}".strip(),
            description=description,
            epilog=_EVERYWHERE,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Raise InputError with what is wrong and where to read what is right."""
        raise InputError(message, hint=f"{self.prog} --help")
