"""Draw the walk: a line for each event of it, and the lines that tell how the cited passages were found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from engine.events import BY_TABLE, CycleStarted, GateReceipt, PersonaBorn, PersonaStepped, PersonaTransitioned
from engine.text.names import title_keys
from tui.ask.panel_table import gate_sums
from tui.drawing.cells import colour_of, counted, fit, plain
from tui.drawing.marks import ARROW, LINE
from tui.run.story import TITLE_IN_QUESTION, is_by_link, story_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.run.state import LogEntry, RunState
    from tui.run.story import CitedPassage

WIDE, DEEPEST = 50, 4
"""Cells from which personas have their whole name; links of a path up to which a step is indented further."""
NAMED = 3
"""Personas of a passage that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A line of the story, and the passage that enter opens (None: none)."""

    text: Text
    step: PersonaStepped | None = None


def log_line(entry: LogEntry, view: RunState, width: int) -> Text:
    """Draw an event of the walk in `width` cells."""
    match entry:
        case CycleStarted(cycle=cycle):
            return Text(fit(f"round {cycle} ".ljust(width, LINE), width), "dim")
        case PersonaTransitioned() as move:
            rule = move.rule.replace("_", " ")
            return Text(fit(f"{move.persona_id}: {move.before} {ARROW} {move.after} ({rule})", width), "bold")
        case PersonaBorn() as child:
            return Text(fit(f"{child.persona_id} is born of {' and '.join(child.parents)}", width), "bold")
        case GateReceipt() as receipt:
            words = Text(f"called: {gate_sums(receipt)}", "dim")
        case PersonaStepped() as step:
            words = step_words(step)
    name = fit(entry.persona_id, 12 if width >= WIDE else 8)
    line = Text.assemble((f"{name} ", colour_of(view.number_of(entry.persona_id))), words)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def step_words(step: PersonaStepped) -> Text:
    """Say how a step was made and where it led: `searched → Canvas`, `link “linux” → Symbolic links`."""
    indent = "  " * min(step.step, DEEPEST)
    how = f"link “{plain(step.via)}”" if is_by_link(step) else _first_words(step)
    return Text.assemble((f"{indent}{how} {ARROW} ", "dim"), plain(step.title))


def _first_words(step: PersonaStepped) -> str:
    return {TITLE_IN_QUESTION: "named in the question", BY_TABLE: "rows of a table"}.get(step.via, "searched")


def story_lines(view: RunState) -> Iterator[StoryLine]:
    """Yield the lines that tell how each cited passage was found, and by which personas."""
    story = story_of(view)
    walkers = sum(1 for row in view.rows.values() if row.steps)
    total = f"{counted(walkers, 'persona')} made {counted(view.steps, 'step')}; {counted(len(story), 'passage')} cited"
    yield StoryLine(Text(total if story else f"{total}: the library does not say", "dim"))
    for cited in story:
        numbers = "".join(f"[{n}]" for n in cited.numbers)
        step = cited.path[-1] if cited.path else None
        yield StoryLine(Text.assemble((f"{numbers} ", "bold cyan"), (plain(cited.title), "bold")), step)
        if cited.path:
            yield StoryLine(_path_text(cited.path), step)
        yield StoryLine(_personas_text(cited, view), step)


def _path_text(path: Sequence[PersonaStepped]) -> Text:
    """Draw a path: `searched → Blow Song → “nessa” → Jory Marrak`, without a link that is the title it leads to."""
    text = (
        Text(f"    {_first_words(path[0])}", "dim").append(f" {ARROW} ", "dim").append(plain(path[0].title), "not dim")
    )
    for step in path[1:]:
        link = "" if step.via in title_keys(step.title) else f"“{plain(step.via)}” {ARROW} "
        text.append(f" {ARROW} {link}", "dim").append(plain(step.title))
    return text


def _personas_text(cited: CitedPassage, view: RunState) -> Text:
    """Name the personas that came to a passage: one alone found what nobody else did."""
    if not cited.personas:
        return Text("    quoted beside it", "dim")
    names = (Text(plain(name), colour_of(view.number_of(name))) for name in cited.personas[:NAMED])
    text = Text("    by ", "dim").append_text(Text(", ").join(names))
    more = len(cited.personas) - NAMED
    if more > 0:
        text.append(f" and {more} more", "dim")
    return text.append(" alone", "bold") if len(cited.personas) == 1 else text
