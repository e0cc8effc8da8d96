"""The answer: plain lines while it is written, drawn once more when it is complete."""

import re

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine.text import printable
from tui.cells import plain, title
from tui.run_view import OUTCOMES, Phase, RunView

_CITATION = re.compile(r"\[\d+\]")

TITLES = {
    Phase.ANSWERED: "● Answer",
    Phase.ABSTAINED: "○ No answer in the library",
    Phase.CANCELLED: "■ Cancelled",
    Phase.FAILED: "✗ Failed",
}


def answer_text(view: RunView) -> Text:
    """What the pane says: a failure with its hint, the answer with its citations marked, or the draft so far."""
    if view.failure is not None:
        hint = f"\n{printable(view.failure.hint)}" if view.failure.hint else ""
        return Text.assemble((printable(view.failure.message), "bold"), hint)
    words = view.answer.answer if view.answer is not None else "".join(view.draft)
    text = Text(printable(words), "italic" if view.phase is Phase.ABSTAINED else "")
    text.highlight_regex(_CITATION, "bold cyan")
    if view.phase is Phase.CANCELLED:
        text.append("\n(cancelled before it was complete)" if words else "Cancelled. Nothing was answered.", "dim")
    return text


def answer_note(view: RunView) -> str:
    """What should be known about the answer: how much the evidence covers, what was left out or missing."""
    notes = []
    if view.answer is not None and view.evidence is not None:
        notes.append(f"the evidence covers {view.evidence.coverage:.0%} of the question")
    if view.answer is not None and view.answer.removed:
        notes.append(f"unresolved citations removed: {view.answer.removed}")
    if view.cut is not None:
        notes.append(f"the model's own answer broke off, unchecked: {plain(view.cut.partial)} …")
    return " · ".join(notes) + "".join(f"\n! {plain(reason)}" for reason in view.degraded if view.finished)


class AnswerPane(VerticalScroll, can_focus=True):
    """The question, what was found, and how sure that is; its title and its mark tell the kind of outcome."""

    BORDER_TITLE = " Answer "

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._shown: tuple[str, str, int, bool] | None = None

    def compose(self) -> ComposeResult:
        """Three texts that come from outside, so none is read as markup."""
        yield Static(markup=False, id="question-asked")
        yield Static(markup=False, id="answer-text")
        yield Static(markup=False, id="answer-note")

    def show(self, view: RunView) -> None:
        """Draw the answer if it changed; while it grows, stay at its end if the reader is there."""
        shown = (view.run_id, view.question, view.answer_changes, view.finished)
        if shown == self._shown:
            return
        self._shown = shown
        following = view.phase is Phase.WRITING and self.scroll_offset.y >= self.max_scroll_y - 1
        self.border_title = title(TITLES.get(view.phase, "Answer"))
        for phase in OUTCOMES:
            self.set_class(phase is view.phase, f"-{phase.name.lower()}")
        self.query_one("#question-asked", Static).update(Text(printable(view.question)))
        self.query_one("#answer-text", Static).update(answer_text(view))
        self.query_one("#answer-note", Static).update(Text(answer_note(view)))
        self.query_one("#answer-note").display = bool(answer_note(view))
        if following:
            self.scroll_end(animate=False)
