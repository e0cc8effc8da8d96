"""The four panes of a run, side by side or below each other as the width allows."""

from textual.app import ComposeResult
from textual.containers import Container

from engine.run.state import RunState
from tui.ask.answer_pane import AnswerPane
from tui.ask.panel_table import PanelTable
from tui.ask.source_list import SourceList
from tui.ask.walk_log import WalkLog


class RunPanes(Container):
    """Panel and walk, answer and sources; mounted after the first paint, which does not show them."""

    def compose(self) -> ComposeResult:
        """The work above or left, its result below or right."""
        with Container(id="work"):
            yield PanelTable(id="panel")
            yield WalkLog(id="walk")
        with Container(id="result"):
            yield AnswerPane(id="answer")
            yield SourceList(id="sources")

    def show(self, view: RunState, tokens_per_second: float = 0.0) -> None:
        """Give every pane the state of the run; each redraws only if its part changed.

        Until there is an answer, its place belongs to the panel and the walk. `tokens_per_second` is the rate at which
        the model read last, 0 if unknown.
        """
        self.query_one(AnswerPane).tokens_per_second = tokens_per_second
        self.set_class(not (view.draft or view.quotations or view.answer or view.failure), "-walking")
        self.query_one(PanelTable).show(view)
        self.query_one(WalkLog).show(view)
        self.query_one(AnswerPane).show(view)
        self.query_one(SourceList).show(view)
