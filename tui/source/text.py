"""What stands above a source: which citation, of which file and place, and whether the file still says so."""

from rich.text import Text

from engine.documents.cited_source import QuoteLocation, QuoteState, SourceText
from engine.events import Citation
from tui.drawing.cells import plain

INDEXED = "this is the passage as it was indexed"


def head_text(citation: Citation, of_all: str, place: str) -> Text:
    """Number and title, `of_all` (which one of how many), then file and `place`."""
    number = f"[{citation.n}] " if citation.n else ""
    text = Text.assemble((number, "bold cyan"), (plain(citation.title), "bold"), (of_all, "dim"))
    return text.append(f"\n{plain(citation.source)} · {place}", "dim")


def note_text(source: SourceText | None, place: QuoteLocation | None, *, indexed: bool) -> Text:
    """What there is to know of what is shown: the passage as it was `indexed`, or the source if it could be read."""
    if source is None:
        return Text("\nreading ...", "dim")
    if source.problem:
        held = INDEXED if indexed else "the index has no such passage either"
        return Text(f"\n! {plain(source.problem)}: {held}", "yellow")
    if indexed:
        return Text(f"\n{INDEXED}; i shows the file", "dim")
    form = f"\n{plain(source.form)}: lines and characters count in it" if source.form else ""
    return Text.assemble((form, "dim"), (_change(place), "yellow"))


def _change(place: QuoteLocation | None) -> str:
    if place is None or place.state is QuoteState.EXACT:
        return ""
    if place.state is QuoteState.MOVED:
        return f"\n! the file has changed: the words now stand at characters {place.start:,} to {place.end:,}"
    return "\n! the file has changed, and has these words no more; i shows what was indexed"
