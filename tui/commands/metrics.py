"""Print the workspace's runs, their times and their trouble as numbers, in the text format of Prometheus."""

import argparse

from tui.commands.output import print_text, session_of


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing but what every command takes."""


def run(options: argparse.Namespace) -> int:
    """Exit 1 if the history cannot be read."""
    from tui.commands.prometheus_text import metrics_text  # noqa: PLC0415 - with the store

    print_text(metrics_text(session_of(options).metrics()).rstrip("\n"))
    return 0
