"""The libraries of other machines, as a run sees them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from engine.documents.passages import Passage


class LibraryAnswer(NamedTuple):
    """The best passages of a library for a question, or the reason why it did not answer."""

    passages: Sequence[Passage] = ()
    problem: str = ""


class OtherLibraries(Protocol):
    """Asks the libraries of other machines for their best passages."""

    @property
    def names(self) -> Sequence[str]:
        """The address of each library."""

    async def passages(self, question: str) -> Sequence[LibraryAnswer]:
        """Ask all libraries at once, within a limit, and return their answers in the order of the names."""
