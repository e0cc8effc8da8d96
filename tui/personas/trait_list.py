"""The traits of a persona to be set: a row each, with what it does to the walk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from engine.personas.traits import TRAITS, trait_value
from tui.drawing.cells import bar, fit, title
from tui.widgets.line_pane import LinePane

LOWEST, MIDDLE, HIGHEST = 1, 5, 9
NAME_CELLS, VALUE_CELLS = 14, 6


class TraitList(LinePane):
    """The walk traits, then the others; digits and arrows set the one under the cursor, delete takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "change(-1)", "Less", show=False, id="trait.less", tooltip="One less"),
        Binding("right,l", "change(1)", "More", show=False, id="trait.more", tooltip="One more"),
        Binding("up,k", "move(-1)", "Up", show=False, id="trait.up", tooltip="The trait above"),
        Binding("down,j", "move(1)", "Down", show=False, id="trait.down", tooltip="The trait below"),
        Binding("home,g", "move(-99)", "Top", show=False, id="trait.top", tooltip="The first trait"),
        Binding("end,G", "move(99)", "End", show=False, id="trait.end", tooltip="The last trait"),
        Binding("delete,backspace,0", "remove", "None", id="trait.remove", tooltip="Without this trait: the middle"),
        Binding("a", "add", "Other", id="trait.add", tooltip="Add a trait that colours how it writes"),
    ]

    @dataclass
    class Changed(Message):
        """The traits are others now."""

        traits: Mapping[str, int]

    class OtherWanted(Message):
        """A trait that is not in the list is to be added."""

    def __init__(self, traits: Mapping[str, int], *, fixed: bool, id: str) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self.traits = dict(traits)
        self._fixed = fixed
        self._names = [*TRAITS, *(trait for trait in traits if trait not in TRAITS)]
        self._cursor = 0

    def on_mount(self) -> None:
        """As many lines as traits."""
        told = (
            "the control has none: it only searches" if self._fixed else "arrows or 1-9 set one, 0 none, a adds another"
        )
        self.border_title = title(f"Traits · {told}")
        self.resized_to(len(self._names))

    def on_focus(self) -> None:
        """The cursor shows."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor goes."""
        self.refresh()

    def line_at(self, index: int, width: int) -> Text:
        """Name, bar, value, what it sets, and to which value."""
        trait = self._names[index]
        value = self.traits.get(trait)
        here = "▸" if index == self._cursor and self.has_focus else " "
        drawn = bar(value or MIDDLE, full=HIGHEST, width=HIGHEST)
        line = Text.assemble((f"{here} {fit(trait, NAME_CELLS)} ", "bold" if here != " " else ""))
        line.append(drawn, "cyan" if value else "dim").append(f" {value or '·'}  ", "bold")
        if trait not in TRAITS:
            return line.append(fit("colours how it writes", max(width - line.cell_len, 0)), "dim")
        sets = f"{trait_value(trait, value or MIDDLE):>{VALUE_CELLS}.3g}"
        return line.append(
            f"{sets}  {fit(TRAITS[trait].meaning, max(width - line.cell_len - VALUE_CELLS - 2, 0))}", "dim"
        )

    def on_key(self, event: events.Key) -> None:
        """A digit sets the trait."""
        if event.key in "123456789":
            event.stop()
            self._set(int(event.key))

    def action_change(self, by: int) -> None:
        """One step; from no trait it starts in the middle."""
        value = self.traits.get(self._names[self._cursor], MIDDLE)
        self._set(min(HIGHEST, max(LOWEST, value + by)))

    def action_move(self, by: int) -> None:
        """Another trait; beyond the ends another field."""
        last = len(self._names) - 1
        if by == -1 and self._cursor == 0:
            self.screen.focus_previous()
            return
        if by == 1 and self._cursor == last:
            self.screen.focus_next()
            return
        self._cursor = min(last, max(0, self._cursor + by))
        height = max(self.size.height, 1)
        self.top = min(max(self.top, self._cursor - height + 1), self._cursor)
        self.refresh()

    def action_remove(self) -> None:
        """The trait under the cursor is in the middle; one that is not of the walk leaves the list."""
        trait = self._names[self._cursor]
        if self._fixed or trait not in self.traits:
            return
        del self.traits[trait]
        if trait not in TRAITS:
            self._names.remove(trait)
            self._cursor = min(self._cursor, len(self._names) - 1)
        self._tell()

    def action_add(self) -> None:
        """Ask the form for a name."""
        if not self._fixed:
            self.post_message(self.OtherWanted())

    def add(self, trait: str) -> None:
        """A trait of any name, in the middle; the cursor goes to it."""
        if trait not in self._names:
            self._names.append(trait)
        self._cursor = self._names.index(trait)
        self.traits.setdefault(trait, MIDDLE)
        self._tell()
        self.action_move(0)

    def _set(self, value: int) -> None:
        if not self._fixed:
            self.traits[self._names[self._cursor]] = value
            self._tell()

    def _tell(self) -> None:
        self.resized_to(len(self._names))
        self.post_message(self.Changed(dict(self.traits)))
