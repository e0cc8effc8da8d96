"""The topics of a library in words, for the screen and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.drawing.cells import counted

if TYPE_CHECKING:
    from engine.index.topics import LibraryTopics, Topic


def heading_of(topics: LibraryTopics) -> str:
    """Return how many topics there are and what was read for them."""
    if not topics.topics:
        return "no topics: no title or name of the library links its passages"
    passages = counted(topics.passages, "passage")
    if topics.sampled < topics.passages:
        passages = f"{topics.sampled:,} of {passages}, evenly spaced"
    return f"{counted(len(topics.topics), 'topic')} in {passages}"


def size_of(topic: Topic) -> str:
    """Return how many of the passages and documents that were read are about a topic."""
    return f"{counted(topic.passages, 'passage')} of {counted(topic.documents, 'document')}"
