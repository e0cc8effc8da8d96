"""What of a run's graph is shown: how much of its growth, whose steps, what is folded; what a screen's keys change."""

from collections.abc import Sequence
from dataclasses import replace

from engine.events import RunEvent
from engine.text.words import words
from tui.drawing.cells import plain
from tui.graph.state import Growth
from tui.graph.text import Picture, added_by
from tui.graph.tree import QUESTION, Choice, LineKind, Tree, TreeLine, tree_lines, tree_of
from tui.run.state import RunView

EMPTY = "Ask a question first: its graph grows here while the panel walks. Esc goes to the question."


class GraphShown:
    """A place in the growth of one run and a choice of what to show of it; `follow` lays out what these ask for."""

    def __init__(self) -> None:
        self.growth = Growth()
        self.choice = Choice()
        self.tree = Tree({}, {}, ())
        self.picture = Picture(self.growth.view)
        self.lines: list[TreeLine] = []

    def follow(self, events: Sequence[RunEvent]) -> bool:
        """Lay out the graph with what came since; True if it is that of another run, of which everything is shown."""
        run_id = self.growth.view.run_id
        self.growth.read(events)
        view = self.growth.view
        if another := view.run_id != run_id:
            self.choice = Choice()
        grows = self.growth.position is not None or view.answer is None
        self.picture = Picture(view, self.choice.persona, added_by(view.last) if grows else frozenset())
        self.tree = tree_of(view, self.choice.persona)
        self.lines = tree_lines(view, self.tree, self.choice)
        return another

    # -- what a key changes; seen after the next `follow` -------------------------------------------------

    def fold(self, key: str) -> None:
        """Hide what is below a line, or show it again."""
        self.choice = replace(self.choice, folded=self.choice.folded ^ {key})

    def unfold_to(self, node_id: str) -> None:
        """Fold nothing that a passage hangs on."""
        path = self.tree.path(node_id)
        above = {QUESTION, *path[:-1], *(self.tree.parents[step] for step in path[:1])}
        self.choice = replace(self.choice, folded=self.choice.folded - above)

    def choose_persona(self, number: int) -> None:
        """Only the steps of the persona with this number, counted from 1; of all for 0."""
        seats = list(self.growth.view.symbols)
        if number <= len(seats):
            self.choice = replace(self.choice, persona=seats[number - 1] if number else "")

    def next_persona(self) -> None:
        """The next persona alone; after the last one, all."""
        seats = ["", *self.growth.view.symbols]
        self.choose_persona((seats.index(self.choice.persona) + 1) % len(seats) if self.choice.persona in seats else 0)

    def toggle_cited(self) -> bool:
        """Only the paths to what is cited, or all; False if nothing is cited by now."""
        if not self.choice.cited_only and not any(node.citations for node in self.growth.view.nodes.values()):
            return False
        self.choice = replace(self.choice, cited_only=not self.choice.cited_only)
        return True

    # -- what there is to tell ----------------------------------------------------------------------------

    def find(self, wanted: str, after: str) -> str:
        """The next passage after the line `after`, round the end, with these words in its title; empty for none."""
        lines = tree_lines(self.growth.view, self.tree, replace(self.choice, folded=frozenset()))
        at = next((n for n, line in enumerate(lines) if line.key == after), 0)
        for line in (*lines[at + 1 :], *lines[: at + 1]):
            if wanted and line.kind is LineKind.NODE and wanted in " ".join(words(line.label)):
                return line.node_id
        return ""

    def heading(self) -> str:
        """What is left out, if anything is."""
        chosen = [f"only {plain(self.choice.persona)}"] if self.choice.persona else []
        chosen += ["only what leads to citations"] if self.choice.cited_only else []
        return " · ".join(["Graph", *chosen])

    def why_empty(self, run: RunView) -> str:
        """Why there is no line, and what to do."""
        if not run.question:
            return EMPTY
        if self.choice.persona:
            return f"{plain(self.choice.persona)} has not walked by now. 0 shows everyone's steps."
        if self.growth.total and not self.growth.shown:
            return "This is before the first step. Full stop goes on, space plays, end shows the newest."
        return f"No passage was walked to: {run.phase}."
