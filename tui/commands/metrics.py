"""Print the workspace's runs, their times and their trouble as numbers, in the text format of Prometheus."""

import argparse

from tui.commands.output import print_text
from tui.composition import open_session


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing but what every command takes."""


def run(options: argparse.Namespace) -> int:
    """Exit 1 if the history cannot be read."""
    session = open_session(options.workspace)
    from db.log import entries  # noqa: PLC0415 - with the store
    from db.metrics_text import metrics_text  # noqa: PLC0415 - with the store

    text = metrics_text(session.history.runs(), session.workspace.runs, entries(session.workspace.log))
    print_text(text.rstrip("\n"))
    return 0
