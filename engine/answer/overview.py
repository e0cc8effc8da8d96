"""Answer a question about the whole library by its topics."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.answer.citations import abstention, quoted_answer
from engine.events import AnswerWritten
from engine.index.topics import Topic

_MOST_TOPICS = 8
_FEW, _SENTENCES = 4, 2  # of so few topics, so many sentences are quoted each; otherwise one


def overview_answer(topics: Sequence[Topic], is_asked: Callable[[str], bool]) -> AnswerWritten:
    """Return sentences of the largest topics, each under the names of its topic; an abstention if there are none.

    `is_asked` tells of a source whether the question goes to it.
    """
    sections = [(topic.label, [s for s in topic.sentences if is_asked(s.source)]) for topic in topics]
    sections = [(label, sentences) for label, sentences in sections if sentences][:_MOST_TOPICS]
    count = _SENTENCES if len(sections) <= _FEW else 1
    chosen = [
        replace(sentence, role="" if n else label)
        for label, sentences in sections
        for n, sentence in enumerate(sentences[:count])
    ]
    return quoted_answer([replace(c, n=n) for n, c in enumerate(chosen, start=1)]) if chosen else abstention()
