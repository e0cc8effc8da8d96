"""Ask questions and read answers and sources as plain lines: for screen readers, and terminals without a cursor."""

import asyncio
import base64
import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from engine.documents.cited_source import QuoteState
from engine.errors import PersonaMoeError
from engine.events import Citation
from engine.run.conversation import conversation_of
from engine.run.state import RunState
from engine.text.safe import one_line
from tui.api.sources import locate
from tui.commands.ask import answer_lines
from tui.commands.interruption import interruptible
from tui.commands.output import print_text
from tui.drawing.cells import counted
from tui.run.judgement_text import feedback_text
from tui.run.result import result_of
from tui.run.waiting import Silence, waiting_words
from tui.session.session import Session
from tui.source.copied import copied_quotation, copied_text

if TYPE_CHECKING:
    from engine.question.follow_up import Conversation

PROMPT = "Question, or h for help: "
QUIT = frozenset({"q", "quit", "exit"})
SOURCE_DIGITS = 2
"""A number of so few digits is that of a source; a longer one, such as a year, is a question."""
AROUND = 600
"""Characters of a document that are printed before and after a quotation."""
HELP = """\
Type a question and press enter. A question may refer to the one before it.
1     read source 1 of the answer, with the text around the quotation
y     copy the answer with its sources; y 1 copies quotation 1 with its place
+     the answer is good; - it is bad; + 1 and - 1 judge citation 1
n     the next question stands alone
l     the last ten questions
q     quit; ctrl+c ends a search that takes too long"""


class PlainConversation:
    """Answers lines of a person until the input ends: questions, and the commands of `HELP`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._state = RunState()
        self._conversation: Conversation | None = None

    def open_library(self) -> None:
        """Bring the library up to date, and print its name and size. Raises LibraryError."""
        print_text("Reading the library.")
        with interruptible() as interrupted:
            self._session.library.open(lambda *_: None, interrupted)
        print_text(f"{self._session.library.name}: {counted(self._session.library.passages, 'passage')}.")

    def run(self, read: Callable[[str], str], runner: asyncio.Runner) -> None:
        """Answer what `read` gives until it raises EOFError; ctrl+c while a question is answered ends that question."""
        with contextlib.suppress(EOFError):
            while (line := one_line(read(PROMPT))).lower() not in QUIT:
                self._answer(line, runner)

    def _answer(self, line: str, runner: asyncio.Runner) -> None:
        command, _, number = line.partition(" ")
        commands: dict[str, Callable[[int], Iterable[str]]] = {
            "h": lambda _: HELP.splitlines(), "?": lambda _: HELP.splitlines(), "s": self._source, "n": self._alone,
            "y": self._copied, "l": self._last, "+": self._liked, "-": self._disliked,
        }  # fmt: skip
        if line.isdecimal() and len(line) <= SOURCE_DIGITS:
            command, number = "s", line
        try:
            if command in commands and (not number or number.isdecimal()):
                lines = commands[command](int(number or 0))
            else:
                lines = runner.run(self._ask(line)) if line else ()
            for text in lines:
                print_text(text)
        except KeyboardInterrupt:
            print_text("Cancelled.")
        except PersonaMoeError as error:
            print_text(f"Error: {one_line(str(error))}")

    async def _ask(self, question: str) -> list[str]:
        print_text("Searching.")
        state = RunState()
        waiting = asyncio.create_task(_say_what_it_waits_for(state))
        try:
            async with aclosing(self._session.runs.ask(question, self._conversation)) as events:
                async for recorded in events:
                    state.apply(recorded.event)
        finally:
            waiting.cancel()
        self._state, self._conversation = state, conversation_of(state)
        result = result_of(state)
        heading = [] if state.outcome == "unanswered" else ["Answer:"]
        return [*heading, *answer_lines(result, state.understood)]

    @property
    def _citations(self) -> Sequence[Citation]:
        return self._state.sources

    def _cited(self, number: int) -> Citation | None:
        return next((citation for citation in self._citations if citation.n == number), None)

    def _no_source(self, number: int) -> str:
        if self._citations:
            return f"There is no source {number}: the answer has {counted(len(self._citations), 'source')}."
        return f"There is no source {number}: ask a question first. A question of a number alone needs a word more."

    def _source(self, number: int) -> Iterator[str]:
        cited = self._cited(number or 1)
        if cited is None:
            yield self._no_source(number or 1)
        else:
            yield from self._source_lines(cited)

    def _copied(self, number: int) -> Iterator[str]:
        """Copy by OSC 52, which terminals pass on over SSH; where there is no terminal, print the text."""
        answer, cited = self._state.answer, self._cited(number)
        if answer is None or (number and cited is None):
            yield self._no_source(number) if number else "There is no answer to copy."
            return
        text = copied_quotation(cited) if cited else copied_text(answer)
        if not sys.stdout.isatty():
            yield text
            return
        sys.stdout.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a")
        yield f"Copied: {'quotation ' + str(number) if cited else 'the answer and its sources'}."

    def _source_lines(self, cited: Citation) -> Iterator[str]:
        yield f"Source {cited.n}: {', '.join(map(one_line, filter(None, (cited.title, cited.place, cited.source))))}"
        opened = locate(cited, self._session.library.read_source(cited.source), AROUND)
        if opened.problem:
            yield f"It cannot be read: {one_line(opened.problem)}. The quotation was:"
            yield one_line(cited.quote)
        elif opened.state == QuoteState.CHANGED:
            yield "The file has changed and no longer has the quotation, which was:"
            yield one_line(cited.quote)
        else:
            yield from ("Before the quotation:", opened.preceding.strip())
            yield from ("The quotation:", opened.text)
            yield from ("After the quotation:", opened.following.strip())

    def _alone(self, _number: int) -> Iterator[str]:
        self._conversation = None
        yield "The next question stands alone."

    def _last(self, _number: int) -> Iterator[str]:
        for run in self._session.runs.history.recent(10, 0):
            yield f"{one_line(run.question)} ({run.outcome})"

    def _liked(self, number: int) -> Iterator[str]:
        return self._judged(number, liked=True)

    def _disliked(self, number: int) -> Iterator[str]:
        return self._judged(number, liked=False)

    def _judged(self, number: int, *, liked: bool) -> Iterator[str]:
        if not self._state.run_id:
            yield "There is no answer to judge."
            return
        yield feedback_text(self._session.runs.judge(self._state.run_id, liked=liked, citation=number or None))


async def _say_what_it_waits_for(state: RunState) -> None:
    """While a run is silent, say once what it waits for, and again if that is something else; ends by cancellation."""
    silence, printed = Silence(), {""}
    while True:
        await asyncio.sleep(1)
        if silence.lasts(state) and (words := waiting_words(state)) not in printed:
            printed.add(words)
            print_text(f"{words.capitalize()}.")


def run_plain(session: Session) -> int:
    """Ask and answer in plain lines until the input ends. Returns the exit code."""
    with contextlib.suppress(ImportError):  # Windows has no readline
        import readline  # noqa: F401, PLC0415 - it lets `input` edit a line and recall earlier ones
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # each line is heard at once, through a pipe too
    conversation = PlainConversation(session)
    with asyncio.Runner() as runner:
        try:
            conversation.open_library()
            conversation.run(input, runner)
        finally:
            runner.run(session.close())
    return 0
