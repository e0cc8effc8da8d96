"""The command `persona-moe`: finds the command's module, runs it, and reports every error in one line."""

import sys
from collections.abc import Sequence

TYPE_CHECKING = False  # `typing` itself would be an import that `--version` does not need
if TYPE_CHECKING:
    from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 done, 1 the run failed, 2 bad usage or input, 130 ctrl+c."""
    try:
        try:
            return _run(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output left: `persona-moe history list | head`
        _silence_output()
        return 0


def _run(arguments: list[str]) -> int:
    """Report every error as one line on stderr and in the workspace's log; with `--debug` as a traceback."""
    if arguments == ["--version"]:  # answered before anything is imported: scripts ask it often
        return _print_version()
    from db import log  # noqa: PLC0415
    from tui.drawing.ascii import limit_output  # noqa: PLC0415

    limit_output("never")  # nothing is known of the settings: what the encoding lacks is replaced, nothing else

    debug = "--debug" in arguments
    if debug:
        arguments.remove("--debug")
        log.keep_everything()
    try:
        return _dispatch(arguments)
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        log_file = log.record(error) if isinstance(error, Exception) else None
        if debug:
            raise
        return _report(error, log_file)
    finally:
        if problem := log.end():
            _complain(problem)


def _report(error: BaseException, log_file: "Path | None") -> int:
    """Print an error in one line, a defect with the file of its traceback; returns the exit code."""
    from engine.errors import PersonaMoeError  # noqa: PLC0415
    from engine.text.safe import one_line  # noqa: PLC0415

    if isinstance(error, KeyboardInterrupt):
        _complain("cancelled")
        return 130
    if isinstance(error, PersonaMoeError):
        _complain(one_line(str(error)))
        return error.exit_code
    advice = f"its traceback is in {log_file}" if log_file else "run again with --debug to see where"
    _complain(one_line(f"internal error: {type(error).__name__}: {error}; {advice}"))
    return 1


def _dispatch(arguments: list[str]) -> int:
    from importlib import import_module  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from tui.commands.arguments import COMMANDS, Parser, parser_of, parser_of_all, refuse_mistyped  # noqa: PLC0415

    common = Parser(add_help=False, allow_abbrev=False)
    common.add_argument("--workspace", type=Path)
    options, words = common.parse_known_args(arguments)
    if words == ["--version"]:
        return _print_version()
    if words[:1] == ["help"]:  # `help ask` is `ask --help`
        words = [*words[1:], "--help"]
    name = words.pop(0) if words and words[0] in COMMANDS else ""
    if not name:
        refuse_mistyped(words)
        if not {"-h", "--help"}.isdisjoint(words):
            parser_of_all().parse_args(["--help"])
    module = import_module(f"tui.commands.{name or 'open'}")
    return int(module.run(parser_of(name).parse_args(words, options)))


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
