"""The answer: plain lines while it is written, drawn once more when it is complete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.text import Text
from textual.binding import Binding, BindingType

from engine.run.state import Outcome, Phase, RunState
from engine.text.safe import printable
from tui.ask.source_list import CITATION_KEYS
from tui.drawing.cells import counted, plain, title
from tui.drawing.marks import ANSWERED, CANCELLED, FAILED, JUDGEMENTS, UNANSWERED
from tui.drawing.quotation import drawn_quotations
from tui.widgets.scroll_keys import TextPane
from tui.widgets.steady_text import SteadyText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from textual.app import ComposeResult

    from engine.events import Citation

MOST_OF_QUESTION = 240
"""Characters of the question above the answer: more would push the answer out of sight."""

_CITATION = re.compile(r"\[\d+\]")

TITLES = {
    None: "Answer",
    Outcome.ANSWERED: f"{ANSWERED} Answer",
    Outcome.UNANSWERED: f"{UNANSWERED} Unanswered: not in the library",
    Outcome.CANCELLED: f"{CANCELLED} Cancelled",
    Outcome.FAILED: f"{FAILED} Failed",
}


def answer_text(view: RunState) -> Text:
    """What the pane says: a failure with its hint, the answer with its citations marked, or the draft so far."""
    if view.failure is not None:
        hint = f"\n{printable(view.failure.hint)}" if view.failure.hint else ""
        return Text.assemble((printable(view.failure.message), "bold"), hint)
    words = view.answer.answer if view.answer is not None else "".join(view.draft)
    text = Text(printable(words), "italic" if view.outcome is Outcome.UNANSWERED else "")
    text.highlight_regex(_CITATION, "bold cyan")
    if view.outcome is Outcome.CANCELLED:
        text.append("\n(cancelled before it was complete)" if words else "Cancelled. Nothing was answered.", "dim")
    return text


def drawn_answer(view: RunState) -> RenderableType:
    """`answer_text`; as Markdown if a model has written it to its end, above the quotations; or quotations alone."""
    answer = view.answer
    if answer is None or not answer.citations:
        return _drawn_draft(view)
    if not view.is_written:
        return drawn_quotations(answer.citations)
    from tui.drawing.answer_markdown import AnswerMarkdown  # noqa: PLC0415 - only a model's answer needs it

    by_number = {citation.n: citation for citation in answer.citations}
    return _above_quotations(AnswerMarkdown(answer.answer), [by_number[n] for n in answer.quoted])


def _drawn_draft(view: RunState) -> RenderableType:
    """What a model has written so far above the quotations that stand until it is done."""
    if view.quotations is None or view.outcome is not None:
        return answer_text(view)
    if not view.draft:
        return drawn_quotations(view.quotations.citations)
    return _above_quotations(answer_text(view), view.quotations.citations)


def _above_quotations(text: RenderableType, quotations: Sequence[Citation]) -> RenderableType:
    if not quotations:
        return text
    return Group(text, Text("\nfrom your library:\n", "dim italic"), drawn_quotations(quotations))


def reading_text(view: RunState, tokens_per_second: float) -> Text:
    """How much a model reads before its first word, and how long that takes at this rate; nothing at other times."""
    if not view.is_read_by_model or view.quotations is None:
        return Text()
    if view.model is None:
        return Text("looking for a language model, which may add its own words above", "dim")
    tokens = view.quotations.prompt_tokens
    duration = f", about {max(1, round(tokens / tokens_per_second))} s" if tokens_per_second else ""
    words = f"{plain(view.model)} reads {tokens:,} tokens{duration}; esc keeps the quotations"
    return Text(words, "dim")


def question_text(view: RunState) -> Text:
    """The question, cut if it is long, and below it the complete question that a follow-up was read as."""
    question = printable(view.question)
    text = Text(question if len(question) <= MOST_OF_QUESTION else f"{question[:MOST_OF_QUESTION]} …", "bold")
    if view.understood:
        text.append(f"\nread as: {plain(view.understood)}", "not bold")
        text.append("  ^t asks it as written", "not bold dim")
    return text


def answer_note(view: RunState) -> str:
    """What should be known about the answer: words of the question of which nothing was found, what was left out."""
    notes = ["the model's writing was cancelled, so quotations answer"] if view.was_cut_off else []
    asked = ((plain(name), count) for name, count in view.others.items() if count is not None and count >= 0)
    notes += [f"also asked: {name}, {counted(count, 'passage')}" for name, count in asked]
    if view.answer is not None and view.answer.uncovered:
        notes.append(f"nothing about: {', '.join(map(plain, view.answer.uncovered))}")
    if view.answer is not None and view.answer.removed:
        notes.append(f"unresolved citations removed: {view.answer.removed}")
    if view.cut is not None:
        notes.append(f"the model's own answer broke off, unchecked: {plain(view.cut.partial)} …")
    return " · ".join(notes) + "".join(f"\n! {plain(reason)}" for reason in view.degraded if view.finished)


def personas_text(view: RunState, *, whole: bool) -> Text:
    """What each persona says, or which key shows it; nothing before the run has ended."""
    if not view.finished or not view.claims:
        return Text()
    if not whole:
        return Text(f"p shows what {counted(len(view.claims), 'persona')} say", "dim")
    from tui.run.persona_says import persona_lines  # noqa: PLC0415 - it imports what the first paint does not need

    return Text("\n".join(["personas:", *map(printable, persona_lines(view))]), "dim")


def thoughts_text(view: RunState, *, whole: bool) -> Text:
    """What a model thought before it answered, or that it did and which key shows it; nothing if it told nothing."""
    words = printable("".join(view.thoughts)).strip()
    if not words or not view.finished:
        return Text()
    return Text(f"thoughts: {words}" if whole else f"t shows its thoughts ({len(words):,} characters)", "dim")


class AnswerPane(TextPane):
    """The question, what was found, and how sure that is; its title and its mark tell the kind of outcome."""

    BORDER_TITLE = " Answer "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "personas", "Personas", show=False, id="answer.personas", tooltip="Show what each persona says"),
        Binding("t", "thoughts", "Thoughts", show=False, id="answer.thoughts", tooltip="Show what the model thought"),
        *CITATION_KEYS,
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._shown: tuple[object, ...] | None = None
        self._view = RunState()
        self._thinks_aloud = self._shows_personas = False
        self.tokens_per_second = 0.0

    def compose(self) -> ComposeResult:
        """Six texts that come from outside, so none is read as markup."""
        yield SteadyText(id="question-asked")
        yield SteadyText(id="answer-reading")
        yield SteadyText(id="answer-text")
        yield SteadyText(id="answer-note")
        yield SteadyText(id="answer-personas")
        yield SteadyText(id="answer-thoughts")

    def show(self, view: RunState) -> None:
        """Draw the answer if it changed; while it grows, stay at its end if the reader is there."""
        state = (view.run_id, view.question, view.read is not None, view.answer_changes, view.model, view.finished)
        if state == self._shown:
            return
        self._shown, self._view = state, view
        is_growing = view.phase is Phase.WRITING and view.outcome is None
        following = is_growing and view.quotations is None and self.scroll_offset.y >= self.max_scroll_y - 1
        judged = JUDGEMENTS[view.judged.get(None)]
        self.border_title = title(TITLES[view.outcome] + (judged and f" · judged {judged}"))
        for outcome in Outcome:
            self.set_class(outcome is view.outcome, f"-{outcome}")
        self.query_one("#question-asked", SteadyText).show(question_text(view))
        self._show_if_any("#answer-reading", reading_text(view, self.tokens_per_second))
        self.query_one("#answer-text", SteadyText).show(drawn_answer(view))
        self._show_if_any("#answer-note", Text(answer_note(view)))
        self._show_personas()
        self._show_thoughts()
        if following:
            self.scroll_end(animate=False)

    def _show_if_any(self, selector: str, text: Text) -> None:
        part = self.query_one(selector, SteadyText)
        part.show(text)
        part.display = bool(text)

    def _show_personas(self) -> None:
        self._show_if_any("#answer-personas", personas_text(self._view, whole=self._shows_personas))

    def action_personas(self) -> None:
        """Show what the personas say, or hide it again."""
        self._shows_personas = not self._shows_personas
        self._show_personas()

    def _show_thoughts(self) -> None:
        self._show_if_any("#answer-thoughts", thoughts_text(self._view, whole=self._thinks_aloud))

    def action_thoughts(self) -> None:
        """Show the thoughts, or hide them again."""
        self._thinks_aloud = not self._thinks_aloud
        self._show_thoughts()
