"""The list of traits in the form of a persona: a row for each, with its value and its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from engine.personas.traits import TRAITS, trait_value
from tui.drawing.cells import bar, fit, title
from tui.drawing.marks import CURSOR, NO_VALUE
from tui.widgets.cursor_pane import CursorPane

LOWEST, MIDDLE, HIGHEST = 1, 5, 9
NAME_CELLS, VALUE_CELLS = 14, 6


class TraitList(CursorPane):
    """The traits of the walk, then the others; digits and arrows set the one under the cursor, delete removes it.

    Beyond its ends the cursor leaves it for another field of the form.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "change(-1)", "Less", show=False, id="trait.less", tooltip="One less"),
        Binding("right,l", "change(1)", "More", show=False, id="trait.more", tooltip="One more"),
        Binding(
            "delete,backspace,0",
            "remove",
            "None",
            id="trait.remove",
            tooltip="Remove this trait, which means the middle",
        ),
        Binding("a", "add", "Other", id="trait.add", tooltip="Add a trait for the style of writing"),
    ]

    @dataclass
    class Changed(Message):
        """The user has changed the traits."""

        traits: Mapping[str, int]

    class OtherWanted(Message):
        """The user wants to add a trait that is not in the list."""

    def __init__(self, traits: Mapping[str, int], *, fixed: bool, id: str) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self.traits = dict(traits)
        self._fixed = fixed
        self._names = [*TRAITS, *(trait for trait in traits if trait not in TRAITS)]

    def on_mount(self) -> None:
        """Draw as many lines as traits."""
        hint = (
            "the control has none: it only searches" if self._fixed else "arrows or 1-9 set one, 0 none, a adds another"
        )
        self.border_title = title(f"Traits · {hint}")
        self.resized_to(len(self._names))

    def under_cursor(self, entry: Text) -> Text:
        """Leave the line as it is: `entry_at` draws the cursor as a mark beside the name."""
        return entry

    def entry_at(self, index: int, width: int) -> Text:
        """Build the line of a trait: name, bar, value, what it sets, and to which value."""
        trait = self._names[index]
        value = self.traits.get(trait)
        is_pointed_to = index == self.cursor and self.has_focus
        drawn = bar(value or MIDDLE, full=HIGHEST, width=HIGHEST)
        name = f"{CURSOR if is_pointed_to else ' '} {fit(trait, NAME_CELLS)} "
        line = Text.assemble((name, "bold" if is_pointed_to else ""))
        line.append(drawn, "cyan" if value else "dim").append(f" {value or NO_VALUE}  ", "bold")
        if trait not in TRAITS:
            return line.append(fit("style of writing", max(width - line.cell_len, 0)), "dim")
        sets = f"{trait_value(trait, value or MIDDLE):>{VALUE_CELLS}.3g}"
        return line.append(
            f"{sets}  {fit(TRAITS[trait].meaning, max(width - line.cell_len - VALUE_CELLS - 2, 0))}", "dim"
        )

    def on_key(self, event: events.Key) -> None:
        """Set the trait to a digit."""
        if event.key in "123456789":
            event.stop()
            self._set(int(event.key))

    def action_change(self, by: int) -> None:
        """Change the trait by one step; without a value it starts in the middle."""
        value = self.traits.get(self._names[self.cursor], MIDDLE)
        self._set(min(HIGHEST, max(LOWEST, value + by)))

    def move_to(self, line: int) -> None:
        """Point to another trait; one line beyond the ends, go to another field."""
        if line == self.cursor - 1 < 0:
            self.screen.focus_previous()
        elif line == self.cursor + 1 == self.lines:
            self.screen.focus_next()
        else:
            super().move_to(line)

    def action_remove(self) -> None:
        """Remove the value under the cursor, which means the middle; a trait that the walk does not use goes."""
        trait = self._names[self.cursor]
        if self._fixed or trait not in self.traits:
            return
        del self.traits[trait]
        if trait not in TRAITS:
            self._names.remove(trait)
        self._post_changed()

    def action_add(self) -> None:
        """Ask the form for a name."""
        if not self._fixed:
            self.post_message(self.OtherWanted())

    def add(self, trait: str) -> None:
        """Add a trait of any name, in the middle, and point to it."""
        if trait not in self._names:
            self._names.append(trait)
        self.traits.setdefault(trait, MIDDLE)
        self._post_changed()
        self.point_to(self._names.index(trait))

    def _set(self, value: int) -> None:
        if not self._fixed:
            self.traits[self._names[self.cursor]] = value
            self._post_changed()

    def _post_changed(self) -> None:
        self.resized_to(len(self._names))
        self.post_message(self.Changed(dict(self.traits)))
