"""Three libraries as people have them (notes, a program with its README, PDF documents), with questions and answers.

The texts stand in `tests/whole/libraries`, a file for each library, its documents after lines of the form `=== NAME`.
"""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support import ROOT
from tests.support.foreign_files import Placed, pdf

_TEXTS = ROOT / "tests" / "whole" / "libraries"
_LINES_OF_A_PAGE = 48
_COLUMNS = 92
_LONGEST_HEADING = 80  # characters
_SIZE, _HEADING_SIZE, _TITLE_SIZE = 10.0, 14.0, 20.0


class Asked(NamedTuple):
    """A question with the words of its answer, any of which will do; none if the library does not hold it."""

    question: str
    answers: tuple[str, ...] = ()


def write_library(kind: str, folder: Path) -> None:
    """Write the documents of a library into a folder."""
    for heading, text in _documents(kind):
        name, _, title = heading.partition(" | ")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".pdf":
            path.write_bytes(_pdf(text, title))
        else:
            path.write_text(text, encoding="utf-8")


def _documents(kind: str) -> Iterator[tuple[str, str]]:
    for document in (_TEXTS / f"{kind}.txt").read_text(encoding="utf-8").split("\n=== "):
        name, _, text = document.removeprefix("=== ").partition("\n")
        yield name, f"{text.rstrip()}\n"


def _pdf(text: str, title: str) -> bytes:
    """Set a text as a word processor does: a blank line between paragraphs, a title and headings in large letters."""
    rows = [(_TITLE_SIZE, title), (_SIZE, "")]
    for paragraph in text.splitlines():
        is_heading = 0 < len(paragraph) < _LONGEST_HEADING and not paragraph.endswith(".")
        rows += [(_HEADING_SIZE if is_heading else _SIZE, row) for row in textwrap.wrap(paragraph, _COLUMNS) or [""]]
    pages = [rows[start : start + _LINES_OF_A_PAGE] for start in range(0, len(rows), _LINES_OF_A_PAGE)]
    return pdf([list(_placed(page)) for page in pages], title=title)


def _placed(rows: Sequence[tuple[float, str]]) -> Iterator[Placed]:
    for number, (size, row) in enumerate(rows):
        yield 60, 780 - 14 * number, size, row.replace("(", r"\(").replace(")", r"\)")


QUESTIONS = {
    "notes": (
        Asked("How loud is the heat pump?", ("38 dB",)),
        Asked("Who installed the heat pump?", ("Lars",)),
        Asked("What does the fault H7 mean?", ("the flow is too low",)),
        Asked("How do I top up the pressure of the heating?", ("Open the valve under the expansion vessel",)),
        Asked("How much electricity did the panels make in 2022?", ("8,410 kWh",)),
        Asked("Why did we not buy a battery?", ("paid back after nineteen years",)),
        Asked("How long does a bag of salt last?", ("ten weeks",)),
        Asked("Where is the password of the router?", ("under* the router", "under the router")),
        Asked("How do I restart the router?", ("hold the button on the back",)),
        Asked("What was the reason for the internet outage in March 2023?", ("digger",)),
        Asked("Which folders are not backed up?", ("begins with `tmp`", "begins with tmp")),
        Asked("Where is the key of the encrypted disk?", ("sealed envelope",)),
        Asked("Can I put ash on the compost?", ("ash from the stove",)),
        Asked("When are the Topaz apples ripe?", ("early October",)),
        Asked("Should I use wound paste after pruning?", ("do not use wound paste",)),
        Asked("How much does Lars charge?", ("68 euros",)),
        Asked("What is Ada allergic to?", ("hazelnuts",)),
        Asked("How much does an adult pay at Storhytta who is no member?", ("440 kr",)),
        Asked("Who has taught Emil to play the horn?"),
        Asked("What is the price of the electric car?"),
    ),
    "code": (
        Asked("How long is an alarm repeated if nobody confirms it?", ("900",)),
        Asked("Which port has the status page?", ("8321",)),
        Asked("Which Python version is needed?", ("3.10",)),
        Asked("How are spikes removed?", ("median",)),
        Asked("How do I set a key by an environment variable?", ("TIDELOG_ALARM_LEVEL",)),
        Asked("What does tidelog check do?", ("talks to the gauge once",)),
        Asked("Who makes the releases?", ("Henrike",)),
        Asked("How do I run the simulator?", ("tidelog.simulator",)),
        Asked("When was support for Python 3.8 dropped?", ("2.2.0",)),
        Asked("What went wrong after the change to summer time?", ("stored twice",)),
        Asked("Which function computes the checksum of a frame?", ("def checksum",)),
        Asked("How many times is the gauge asked before it gives up?", ("RETRIES = 3", "three times")),
        Asked("Which class stores the readings in SQLite?", ("class Store",)),
        Asked("What happens to an SMS that is too long?", ("cut after 160",)),
        Asked("Where does the Matrix token come from?", ("matrix.token",)),
        Asked("How far must the water fall until an alarm is over?", ("15 centimetres", "HYSTERESIS_MM = 150")),
        Asked("What happens if there are no readings for ten minutes?", ("Warn if", "no readings")),
        Asked("What is the default baud rate?", ("baud: int = 4800",)),
        Asked("How do I connect tidelog to a PostgreSQL server?"),
        Asked("Which colour has the logo of tidelog?"),
    ),
    "pdf": (
        Asked("How much water does the tank hold?", ("1.8 litres",)),
        Asked("How many watts does the machine take while heating?", ("1,450 W",)),
        Asked("How do I set the water hardness?", ("Hold the keys CUP and STEAM",)),
        Asked("How long does the descaling programme take?", ("28 minutes",)),
        Asked("Can I descale with vinegar?", ("Never use vinegar",)),
        Asked("What does it mean when all lamps blink?", ("too cold",)),
        Asked("What is excluded from the guarantee?", ("Seals",)),
        Asked("Who is the harbour master?", ("Ingeborg Falk",)),
        Asked("When did the last coal ship leave?", ("14 February",)),
        Asked("Why did container traffic fall?", ("Polish feeder line",)),
        Asked("How long will Quay 7 be?", ()),
        Asked("Which company lengthens Quay 7?", ("Brandt Marine",)),
        Asked("Why was the silo not demolished?", ("peregrine falcons",)),
        Asked("How many women work at the port?", ("31",)),
        Asked("What happened on 9 August?", ("broke his leg",)),
        Asked("What was the sand of the dredging used for?", ("beach at Norrvik",)),
        Asked("How many seeds were in a bag?", ("50 seeds",)),
        Asked("Where was germination highest?", ("Priory Creek",)),
        Asked("What killed the shallowest plots?", ("heat wave",)),
        Asked("Who discovered the wasting disease?"),
    ),
}
"""Twenty questions about each library."""
