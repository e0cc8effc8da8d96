"""Resolve a follow-up question ("When did he die?") to names of the previous question or of its citations."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.index.retriever import Retriever
from engine.question.question import Question, read_question
from engine.text.names import name_key
from engine.text.words import folded, raw_words

_MOST = 3  # names at once; each more takes weight from the words of the question
_PASSAGES = 8  # with a name as title that are read
_FITS = 0.5  # share of a question without a pronoun that the passages of a name must hold
_PLURAL = frozenset("they them their theirs themselves these those".split())
_PRONOUNS = _PLURAL | frozenset("he him his himself she her hers herself it its itself this".split())


@dataclass(frozen=True, slots=True)
class Conversation:
    """Names as written to which a next question may refer: the subjects of the question, and the titles cited."""

    subjects: tuple[str, ...] = ()
    cited_titles: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, each once, those of the question first."""
        names = dict[str, str]()
        for name in (*self.subjects, *self.cited_titles):
            names.setdefault(name_key(name), name)
        return tuple(names.values())


def names_meant(question: str, conversation: Conversation, retriever: Retriever) -> tuple[str, ...]:
    """Return the names of the conversation to which a question refers; none if it is complete by itself.

    A question refers back if a pronoun stands before its first name, or if it has no name and the passages of one name
    hold enough of it. "They" means the subjects of the previous question; any other question means the one name whose
    passages hold most of it.
    """
    read, words = read_question(question, retriever), folded(raw_words(question))
    first_name = min((name.start for name in read.names), default=len(words))
    pronouns = _PRONOUNS.intersection(words[:first_name])
    if not conversation.names or not (pronouns or not (read.names or read.unknown_names)):
        return ()
    if pronouns & _PLURAL and conversation.subjects:
        return conversation.subjects[:_MOST]
    coverage = {name: _coverage(read, name, retriever) for name in conversation.names}
    best = max(coverage, key=lambda name: coverage[name])  # the first of equals
    return (best,) if pronouns or coverage[best] >= _FITS else ()


def with_names(question: str, names: Sequence[str]) -> str:
    """Add the names that a question means, so that it can be read without the conversation."""
    return f"{question} (about {', '.join(names)})" if names else question


def _coverage(question: Question, name: str, retriever: Retriever) -> float:
    """Return the share of the question that the passages with this title hold, in [0, 1]."""
    numbers = retriever.titled(name_key(name))[:_PASSAGES]
    return question.coverage({root for number in numbers for root in retriever.open(number).roots})


def as_written(key: str, question: str) -> str:
    """Return a name as the question writes it."""
    raw = raw_words(question)
    plain, parts = folded(raw), key.split()
    starts = (n for n in range(len(raw)) if plain[n : n + len(parts)] == parts)
    return next((" ".join(raw[n : n + len(parts)]) for n in starts), key)
