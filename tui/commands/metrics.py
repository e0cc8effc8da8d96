"""Print counts of runs, their times and their errors in the text format of Prometheus."""

import argparse

from tui.commands.output import print_text, session_of


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing: it takes only the options of every command."""


def run(options: argparse.Namespace) -> int:
    """Exit 1 if the history cannot be read."""
    from tui.session.prometheus_text import metrics_text  # noqa: PLC0415 - with the store

    print_text(metrics_text(session_of(options).health.metrics()).rstrip("\n"))
    return 0
