"""The command palette in an order of its own: commands that were used before, then what fits the screen in front."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from textual.command import DiscoveryHit, Hit, Provider

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from textual.app import SystemCommand
    from textual.command import Hits


class CountsCommands(Protocol):
    """An application whose `used_commands` counts how often each command was run from the palette, by its title."""

    used_commands: Counter[str]


class CommandsInOrder(Provider):
    """Gives the commands of the application as it orders them; Textual's own provider sorts them by their letters.

    Commands that were used before come first. The application `CountsCommands`.
    """

    async def discover(self) -> Hits:
        """Yield all commands for an empty search."""
        for command in self._commands():
            if command.discover:
                yield DiscoveryHit(command.title, self._counted(command), help=command.help)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose name has the letters of the query."""
        matcher = self.matcher(query)
        for command in self._commands():
            if (match := matcher.match(command.title)) > 0:
                yield Hit(match, matcher.highlight(command.title), self._counted(command), help=command.help)

    @property
    def _used(self) -> Counter[str]:
        return cast("CountsCommands", self.app).used_commands

    def _commands(self) -> Iterator[SystemCommand]:
        used = self._used
        yield from sorted(self.app.get_system_commands(self.screen), key=lambda command: -used[command.title])

    def _counted(self, command: SystemCommand) -> Callable[[], object]:
        return partial(self._run, command)

    def _run(self, command: SystemCommand) -> object:
        self._used[command.title] += 1
        return command.callback()
