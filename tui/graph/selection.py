"""The part of a graph that is drawn: the step of its growth, the persona, the folded lines; the keys change it."""

from collections.abc import Sequence
from dataclasses import replace

from engine.events import RecordedEvent
from engine.run.state import RunState
from engine.text.words import words
from tui.drawing.cells import plain
from tui.graph.state import Growth
from tui.graph.text import Picture, added_by
from tui.graph.tree import QUESTION, Choice, LineKind, Tree, TreeLine, tree_lines, tree_of
from tui.run.progress_text import progress_words

EMPTY = "Ask a question first: its graph grows here while the panel walks. Esc goes to the question."


class GraphSelection:
    """A step in the growth of one run, and a choice of what to draw; `follow` lays the lines out."""

    def __init__(self) -> None:
        self.growth = Growth()
        self.choice = Choice()
        self.tree = Tree({}, {}, ())
        self.picture = Picture(self.growth.state)
        self.lines: list[TreeLine] = []

    def follow(self, events: Sequence[RecordedEvent]) -> bool:
        """Lay out the graph after new events; returns whether it is that of another run, of which all is drawn."""
        run_id = self.growth.state.run_id
        self.growth.read(events)
        state = self.growth.state
        if is_another := state.run_id != run_id:
            self.choice = Choice()
        grows = self.growth.position is not None or state.answer is None
        self.picture = Picture(state, self.choice.persona, added_by(state.last) if grows else frozenset())
        self.tree = tree_of(state, self.choice.persona)
        self.lines = tree_lines(state, self.tree, self.choice)
        return is_another

    # -- what a key changes; drawn after the next `follow` ------------------------------------------------

    def fold(self, key: str) -> None:
        """Hide the lines below a line, or show them again."""
        self.choice = replace(self.choice, folded=self.choice.folded ^ {key})

    def unfold_to(self, node_id: str) -> None:
        """Unfold all lines above a passage."""
        path = self.tree.path(node_id)
        above = {QUESTION, *path[:-1], *(self.tree.parents[step] for step in path[:1])}
        self.choice = replace(self.choice, folded=self.choice.folded - above)

    def choose_persona(self, number: int) -> None:
        """Draw only the steps of the persona with this number, counted from 1; of all for 0."""
        seats = list(self.growth.state.symbols)
        if number <= len(seats):
            self.choice = replace(self.choice, persona=seats[number - 1] if number else "")

    def next_persona(self) -> None:
        """Draw only the next persona; after the last one, all."""
        seats = ["", *self.growth.state.symbols]
        self.choose_persona((seats.index(self.choice.persona) + 1) % len(seats) if self.choice.persona in seats else 0)

    def toggle_cited(self) -> bool:
        """Draw only the paths to cited passages, or all; returns False if nothing is cited so far."""
        if not self.choice.cited_only and not any(node.citations for node in self.growth.state.nodes.values()):
            return False
        self.choice = replace(self.choice, cited_only=not self.choice.cited_only)
        return True

    # -- what is said of it -------------------------------------------------------------------------------

    def find(self, phrase: str, start: str) -> str:
        """Find the next passage after the line `start`, round the end, whose title has these words; empty for none."""
        lines = tree_lines(self.growth.state, self.tree, replace(self.choice, folded=frozenset()))
        at = next((n for n, line in enumerate(lines) if line.key == start), 0)
        for line in (*lines[at + 1 :], *lines[: at + 1]):
            if phrase and line.kind is LineKind.NODE and phrase in " ".join(words(line.label)):
                return line.node_id
        return ""

    def heading(self) -> str:
        """Name what is drawn, if that is not all."""
        limits = [f"only {plain(self.choice.persona)}"] if self.choice.persona else []
        limits += ["only what leads to citations"] if self.choice.cited_only else []
        return " · ".join(["Graph", *limits])

    def why_empty(self, run: RunState) -> str:
        """Say why no line is drawn, and what to do."""
        if not run.question:
            return EMPTY
        if self.choice.persona:
            return f"{plain(self.choice.persona)} has not walked by now. 0 shows everyone's steps."
        if self.growth.total and not self.growth.steps:
            return "This is before the first step. Full stop goes on, space plays, end shows the newest."
        return f"No passage was walked to: {progress_words(run)}."
