"""Keep the thoughts that a model writes into its text apart from the answer, while both are being written."""

import re
from collections.abc import Callable

_TAG = re.compile(r"<(/?)(?:think(?:ing)?|thoughts?|reasoning)>", re.IGNORECASE)
_MAY_BEGIN_TAG = re.compile(r"<[/a-z]{0,10}\Z", re.IGNORECASE)


class ThoughtFilter:
    """Hands on fragments of a text to `on_text`, what stands between tags such as `<think>` to `on_thought`."""

    def __init__(self, on_text: Callable[[str], None], on_thought: Callable[[str], None]) -> None:
        self._on_text, self._on_thought = on_text, on_thought
        self._pending, self._thinks = "", False

    def feed(self, fragment: str) -> None:
        """Hand on a fragment, except an end that may be the beginning of a tag."""
        self._pending += fragment
        while tag := _TAG.search(self._pending):
            self._hand_on(self._pending[: tag.start()])
            self._pending, self._thinks = self._pending[tag.end() :], not tag[1]
        partial = _MAY_BEGIN_TAG.search(self._pending)
        end = partial.start() if partial else len(self._pending)
        self._hand_on(self._pending[:end])
        self._pending = self._pending[end:]

    def close(self) -> None:
        """Hand on what is left at the end of the text."""
        self._hand_on(self._pending)
        self._pending = ""

    def _hand_on(self, text: str) -> None:
        if text:
            (self._on_thought if self._thinks else self._on_text)(text)
