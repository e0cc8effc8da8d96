"""The conversation that a run leaves behind for the next question."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, product

from engine.events import Citation
from engine.question.follow_up import Conversation
from engine.question.phrases import distinct, name_spans, names_in, noun_phrases, span_of
from engine.run.state import RunState
from engine.text.names import name_key

_MOST = 8  # names of one kind
_LONGEST = 80  # characters of a name
_NUMBER = re.compile(r"\b\d+\b")
_BEFORE_NAME = re.compile(r"\bthe $")


def conversation_of(state: RunState) -> Conversation:
    """Return what a run was about: names and phrases of its question as understood, and names of what it cites.

    A title that no quotation has is that of a document ("Minutes of March"), which no pronoun stands for.
    """
    read, citations = state.read, state.answer.citations if state.answer else ()
    question = state.understood or state.question
    subjects = _subjects(read.known if read else (), question)
    texts = [text for citation in citations for text in (citation.title, citation.quote)]
    phrases = [phrase for phrase in noun_phrases(question, texts) if not _overlaps(phrase, subjects)]
    phrases = [phrase for phrase in phrases if " " in phrase or not subjects]
    keys = {name_key(name) for name in subjects}
    quoted = [
        name for name in (_names_quoted(citations[0], question) if citations else ()) if name_key(name) not in keys
    ]
    words = f" {name_key(' '.join([question, *(citation.quote for citation in citations)]))} "
    titles = [citation.title for citation in citations if f" {name_key(citation.title)} " in words]
    others = chain.from_iterable(names_in(citation.quote) for citation in citations)
    return Conversation(
        question=question,
        subjects=_short(subjects),
        phrases=_short(phrases),
        answers=_short(name for name in quoted if not _overlaps(name, subjects)),
        titles=_short(titles),
        cited=_short(others),
        earlier=read.context_names if read else (),
    )


def _names_quoted(citation: Citation, question: str) -> list[str]:
    """Return the names of a quotation, those in its marked words first, then those near the numbers of the question."""
    quote = citation.quote
    numbers = [[match.start() for match in re.finditer(number, quote)] for number in _NUMBER.findall(question)]

    def distance(name: tuple[str, int]) -> tuple[bool, int]:
        text, start = name
        is_marked = any(first < start + len(text) and start < last for first, last in citation.marks)
        return not is_marked, sum(
            min(abs(position - start) for position in positions) for positions in numbers if positions
        )

    return [name for name, _ in sorted(name_spans(quote), key=distance)]


def _subjects(keys: Sequence[str], question: str) -> list[str]:
    """Return the names with these keys as the question writes them, with their article, in its order.

    Numbers and parts of longer names are left out.
    """
    spans = {span for key in keys if (span := span_of(name_key(key), question)) and not question[span[0]].isdigit()}
    inside = {a for a, b in product(spans, spans) if a != b and b[0] <= a[0] and a[1] <= b[1]}
    starts = [(len(_BEFORE_NAME.sub("", question[:start])), end) for start, end in sorted(spans - inside)]
    return [question[start:end] for start, end in starts]


def _overlaps(phrase: str, names: "list[str]") -> bool:
    words = set(name_key(phrase).split())
    return any(words & set(name_key(name).split()) for name in names)


def _short(names: "Iterator[str] | list[str]") -> tuple[str, ...]:
    return distinct(name for name in names if name and len(name) <= _LONGEST)[:_MOST]
