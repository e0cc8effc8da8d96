"""Judge an answer, or one of its citations: the personas of its run are rewarded by it.

A later judgement of the same answer or citation replaces the earlier one.
"""

import argparse

import msgspec

from tui.commands.arguments import RUN_HELP
from tui.commands.output import session_of, show
from tui.run.judgement_text import feedback_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add RUN, up or down, --citation and --json."""
    parser.add_argument("run_id", metavar="RUN", help=RUN_HELP)
    parser.add_argument("judgement", choices=("up", "down"), help="up: it was good; down: it was bad")
    parser.add_argument("--citation", type=int, metavar="N", help="judge only the citation [N]")
    parser.add_argument("--json", action="store_true", help="print the judgement and the new mean rewards as JSON")


def run(options: argparse.Namespace) -> int:
    """Exit 2 for an unknown run or citation, an answer without citations, or a judgement that is there already."""
    runs = session_of(options).runs
    run_id = runs.history.find(options.run_id).run_id
    feedback = runs.judge(run_id, liked=options.judgement == "up", citation=options.citation)
    judgement = msgspec.to_builtins(feedback.judgement)
    del judgement["marked"]  # numbers for the ledger
    data = {**judgement, "means": feedback.means, "transitions": feedback.transitions, "factors": feedback.factors}
    show(options, data, [feedback_text(feedback)])
    return 0
