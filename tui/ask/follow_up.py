"""Whether the next question may refer to the run that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.question.follow_up import Conversation


class FollowUp:
    """The conversation for the next question, unless the user wants that question to stand alone."""

    def __init__(self, conversation: Conversation | None = None) -> None:
        self._conversation, self._is_wanted = conversation, True

    @property
    def is_possible(self) -> bool:
        """Whether there is a name to refer to."""
        return self._conversation is not None and bool(self._conversation.names)

    @property
    def conversation(self) -> Conversation | None:
        """The conversation, None if the next question stands alone."""
        return self._conversation if self._is_wanted else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the next question may refer to."""
        return self.conversation.names if self.conversation else ()

    def toggle(self) -> str:
        """Let the next question stand alone, or not; returns which."""
        self._is_wanted = not self._is_wanted
        return f"the next question {'may refer to this one' if self._is_wanted else 'stands alone'}"
