"""What a follow-up question leaves unsaid: the name that it means, of the question before or of what that cited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.events import AnswerWritten, QuestionRead, RunEvent, RunStarted
from engine.index.retriever import Retriever
from engine.question.question import Question, read_question
from engine.text.names import name_key
from engine.text.words import folded, raw_words

_MOST = 3  # names at once: each one more takes weight from what is asked
_PASSAGES = 8  # of a name that are looked at
_FITS = 0.5  # of a question without a pronoun: this share of it must be told of a name for it to be meant
_MANY = frozenset("they them their theirs themselves these those".split())
_BACK = _MANY | frozenset("he him his himself she her hers herself it its itself this".split())


@dataclass(frozen=True, slots=True)
class Conversation:
    """Names that a next question may refer to, as they are written: `asked` about, and `cited` by the answer."""

    asked: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once, what was asked about first."""
        names = dict[str, str]()
        for name in (*self.asked, *self.cited):
            names.setdefault(name_key(name), name)
        return tuple(names.values())


def conversation_of(events: Iterable[RunEvent]) -> Conversation:
    """What a run was about: the known names of its question, in its context or its own, and the titles it cites."""
    question, asked, cited = "", dict[str, str](), tuple[str, ...]()
    for event in events:
        match event:
            case RunStarted():
                question = event.question
            case QuestionRead():
                inherited = {name_key(name): name for name in event.context_names}
                asked = {key: inherited.get(key) or _as_written(key, question) for key in event.known}
            case AnswerWritten():
                cited = tuple(dict.fromkeys(citation.title for citation in event.citations if citation.title))
            case _:
                pass
    return Conversation(tuple(asked.values()), cited)


def names_meant(question: str, before: Conversation, retriever: Retriever) -> tuple[str, ...]:
    """The names of the conversation that a question means without saying them; none if it speaks for itself.

    It refers back by a pronoun before any name of its own, or, having no name, by asking what is told of one.
    "They" means what was asked about; anything else the one name whose passages hold most of the question.
    """
    read, words = read_question(question, retriever), folded(raw_words(question))
    first = min((name.start for name in read.names), default=len(words))
    back = _BACK.intersection(words[:first])
    if not before.names or not (back or not (read.names or read.unknown_names)):
        return ()
    if back & _MANY and before.asked:
        return before.asked[:_MOST]
    told = {name: _told(read, name, retriever) for name in before.names}
    best = max(told, key=lambda name: told[name])  # the first of equals
    return (best,) if back or told[best] >= _FITS else ()


def with_context(question: str, names: Sequence[str]) -> str:
    """The question with the names that it means, for a reader who knows nothing of what was asked before."""
    return f"{question} (about {', '.join(names)})" if names else question


def _told(question: Question, name: str, retriever: Retriever) -> float:
    """The share of the question that the passages with this title hold, in [0, 1]."""
    numbers = retriever.titled(name_key(name))[:_PASSAGES]
    return question.coverage({root for number in numbers for root in retriever.open(number).roots})


def _as_written(key: str, question: str) -> str:
    """A name of the question as it stands there."""
    raw = raw_words(question)
    plain, wanted = folded(raw), key.split()
    places = (n for n in range(len(raw)) if plain[n : n + len(wanted)] == wanted)
    return next((" ".join(raw[n : n + len(wanted)]) for n in places), key)
