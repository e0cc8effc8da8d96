"""Print the graph of a run: the passages that the personas reached, and those that the answer cites."""

import argparse

from engine.errors import InputError
from tui.commands.arguments import RUN_HELP
from tui.commands.output import session_of, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add RUN, --persona, --cited, --step, --json and --graphml."""
    parser.add_argument("run_id", metavar="RUN", help=RUN_HELP)
    parser.add_argument("--persona", default="", metavar="ID", help="only the steps of this persona")
    parser.add_argument("--cited", action="store_true", help="only the paths to the cited passages")
    parser.add_argument("--step", type=int, metavar="N", help="the graph after its first N steps")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print nodes and links as JSON")
    form.add_argument(
        "--graphml", action="store_true", help="print them as GraphML, for networkx, Gephi, yEd or Cytoscape"
    )


def run(options: argparse.Namespace) -> int:
    """Exit 2 for an unknown run, a persona that did not walk in it, or a step beyond its last."""
    from tui.graph.report import graph_json, graph_lines, graphml_lines  # noqa: PLC0415 - with its imports, after `--help`
    from tui.graph.state import Growth  # noqa: PLC0415 - with the engine
    from tui.graph.tree import Choice  # noqa: PLC0415 - with the engine

    runs = session_of(options).runs
    growth = Growth(runs.replay(runs.history.find(options.run_id).run_id))
    names = growth.state.symbols
    if options.persona and options.persona not in names:
        walked = ", ".join(names) or "nobody"
        raise InputError(f"persona {options.persona!r} did not walk in this run", hint=f"those who did: {walked}")
    if options.step is not None:
        if not 0 <= options.step <= growth.total:
            raise InputError(f"--step {options.step} is not valid", hint=f"0 to {growth.total} in this run")
        growth.go(options.step)
    choice = Choice(options.persona, options.cited)
    lines = graphml_lines if options.graphml else graph_lines
    show(options, graph_json(growth.state, choice), lines(growth.state, choice))
    return 0
