"""The topics of a library as lines: names, then quoted sentences that can be opened at their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.drawing.cells import plain, short_source
from tui.library.topics_text import size_of
from tui.widgets.cursor_pane import CursorPane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.events import Citation
    from engine.index.topics import Topic

INDENT = 2
NARROWEST = 20


class TopicLine(NamedTuple):
    """A line of the pane, its topic, and the sentence to which it belongs: of names, the first of the topic."""

    text: Text
    topic: Topic | None = None
    sentence: Citation | None = None


class TopicsPane(CursorPane):
    """Shows topics, wrapped to the width of the pane; enter opens the sentence under the cursor."""

    BORDER_TITLE = " Topics "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", id="topics.open", tooltip="Open the source of the sentence at its place"),
        Binding("n", "topic(1)", "Next", id="topics.next", tooltip="Go to the next topic"),
        Binding("N", "topic(-1)", "Previous", id="topics.previous", tooltip="Go to the topic before"),
    ]

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a `sentence`, one of those of a `topic`."""

        topic: Topic
        sentence: Citation

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._topics: Sequence[Topic] = ()
        self._lines: list[TopicLine] = []

    def show(self, topics: Sequence[Topic]) -> None:
        """Show these topics."""
        self._topics = topics
        self._wrap()
        self.point_to(0)

    def _wrap(self) -> None:
        self._lines = list(self._wrapped(max(self.size.width, NARROWEST)))
        self.resized_to(len(self._lines))

    def _wrapped(self, width: int) -> Iterator[TopicLine]:
        for topic in self._topics:
            if topic is not self._topics[0]:
                yield TopicLine(Text())
            opening = topic.sentences[0] if topic.sentences else None
            label = Text.assemble((plain(topic.label), "bold"), (f"  {size_of(topic)}", "dim"))
            yield from (TopicLine(row, topic, opening) for row in label.wrap(self.app.console, width))
            for text, sentence in self._below(topic):
                for row in text.wrap(self.app.console, width - INDENT):
                    row.pad_left(INDENT)
                    yield TopicLine(row, topic, sentence or opening)

    def _below(self, topic: Topic) -> Iterator[tuple[Text, Citation | None]]:
        """Yield what stands below the label of a topic."""
        if topic.others:
            yield Text(plain(", ".join(topic.others)), "cyan"), None
        for sentence in topic.sentences:
            source = " · ".join(filter(None, (plain(sentence.place), short_source(sentence.source))))
            yield Text.assemble(f"“{plain(sentence.quote)}”", (f"  {source}", "dim")), sentence

    def on_resize(self) -> None:
        """Wrap the lines to another width; Textual then calls the handler of the base class too."""
        self._wrap()

    def entry_at(self, index: int, width: int) -> Text:
        """Return one line."""
        del width
        return self._lines[index].text

    def action_choose(self) -> None:
        """Post the sentence under the cursor; nothing between topics."""
        line = self._lines[self.cursor] if self._lines else TopicLine(Text())
        if line.topic is not None and line.sentence is not None:
            self.post_message(self.Chosen(line.topic, line.sentence))

    def action_topic(self, by: int) -> None:
        """Put the cursor on the label of another topic, and show it from there."""
        labels = [n for n, line in enumerate(self._lines) if not n or self._lines[n - 1].topic is None]
        if labels:
            current = max((k for k, n in enumerate(labels) if n <= self.cursor), default=0)
            target = labels[max(0, min(current + by, len(labels) - 1))]
            self.set_top(target)
            self.move_to(target)
