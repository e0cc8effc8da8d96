"""The lines above a source: the citation, its file and position, and whether the file still has the quote."""

from rich.text import Text

from engine.documents.cited_source import QuoteLocation, QuoteState, SourceText
from engine.events import Citation
from tui.drawing.cells import plain

INDEXED = "this is the indexed passage"


def head_text(citation: Citation, count: str, position: str) -> Text:
    """Number and title, `count` (which one of how many), then file and `position`."""
    number = f"[{citation.n}] " if citation.n else ""
    text = Text.assemble((number, "bold cyan"), (plain(citation.title), "bold"), (count, "dim"))
    return text.append(f"\n{plain(citation.source)} · {position}", "dim")


def note_text(source: SourceText | None, location: QuoteLocation | None, *, indexed: bool) -> Text:
    """Say what is shown: the source, the `indexed` passage instead of it, or why there is neither."""
    if source is None:
        return Text("\nreading ...", "dim")
    if source.problem:
        instead = INDEXED if indexed else "the index does not have the passage either"
        return Text(f"\n! {plain(source.problem)}; {instead}", "yellow")
    if indexed:
        return Text(f"\n{INDEXED}; i shows the file", "dim")
    form = f"\n{plain(source.form)}, in which lines and characters are counted" if source.form else ""
    return Text.assemble((form, "dim"), (_change(location), "yellow"))


def _change(location: QuoteLocation | None) -> str:
    if location is None or location.state is QuoteState.EXACT:
        return ""
    if location.state is QuoteState.MOVED:
        return f"\n! the file has changed: the quote is now at characters {location.start:,} to {location.end:,}"
    return "\n! the file has changed and no longer has the quote; i shows the indexed passage"
