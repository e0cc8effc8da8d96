"""The command `persona-moe`: what may be typed, and which module carries it out."""

import io
import sys
from collections.abc import Sequence

TYPE_CHECKING = False  # `typing` itself would be an import that `--version` does not need
if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = tuple(
    "ask feedback ingest library personas history graph models bench doctor metrics settings keys serve".split()
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 done, 1 the run failed, 2 bad usage or input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        try:
            return _guarded(given)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output left: `persona-moe history list | head`
        _silence_output()
        return 0


def _guarded(given: list[str]) -> int:
    """Every error as one line on stderr and in the workspace's log, with `--debug` as a traceback."""
    if given == ["--version"]:  # answered before anything is imported: scripts ask it often
        return _print_version()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows only ASCII gets escapes, not an error
            stream.reconfigure(errors="backslashreplace")
    from db import log  # noqa: PLC0415

    debug = "--debug" in given
    if debug:
        given.remove("--debug")
        log.keep_everything()
    try:
        return _dispatch(given)
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        kept_in = log.record(error) if isinstance(error, Exception) else None
        if debug:
            raise
        return _tell(error, kept_in)
    finally:
        if problem := log.end():
            _complain(problem)


def _tell(error: BaseException, kept_in: "Path | None") -> int:
    """Say in one line what went wrong, and where its traceback is; returns the exit code."""
    from engine.errors import PersonaMoeError  # noqa: PLC0415
    from engine.text.safe import one_line  # noqa: PLC0415

    if isinstance(error, KeyboardInterrupt):
        _complain("cancelled")
        return 130
    if isinstance(error, PersonaMoeError):
        _complain(one_line(str(error)))
        return error.exit_code
    where = f"its traceback is in {kept_in}" if kept_in else "run again with --debug to see where"
    _complain(one_line(f"internal error: {type(error).__name__}: {error}; {where}"))
    return 1


def _dispatch(given: list[str]) -> int:
    from importlib import import_module  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from tui.commands.arguments import Parser  # noqa: PLC0415

    common = Parser(add_help=False, allow_abbrev=False)
    common.add_argument("--workspace", type=Path)
    found, rest = common.parse_known_args(given)
    if rest == ["--version"]:
        return _print_version()
    name = rest.pop(0) if rest and rest[0] in COMMANDS else ""
    module = import_module(f"tui.commands.{name or 'open'}")
    parser = Parser.of_command(name, module.__doc__ or "")
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(rest, found)))


def _print_version() -> int:
    from engine import __version__  # noqa: PLC0415

    print(f"persona-moe {__version__}")  # noqa: T201 - the command line's own output
    return 0


def _complain(message: str) -> None:
    print(f"persona-moe: {message}", file=sys.stderr)  # noqa: T201 - the command line's own output


def _silence_output() -> None:
    """Keep the interpreter from complaining about the closed pipe at its exit."""
    import os  # noqa: PLC0415

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
