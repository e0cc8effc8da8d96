"""Read a follow-up question ("And who came after?") as a question that is complete by itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from engine.index.retriever import Retriever
from engine.question.exchange import Exchange
from engine.question.follow_up_words import FollowUpWords, Referent, follow_up_words
from engine.question.phrases import Word, distinct, is_function_word, span_of, words_of
from engine.question.question import Question, read_question
from engine.question.referents import Candidate, best_referent, coverage
from engine.text.languages import ENGLISH
from engine.text.names import name_key
from engine.text.safe import one_line
from engine.text.words import content_stems

_FITS = 0.55  # share of a question without a pronoun that the passages of a name must hold
_LONGEST = 400  # characters of a question that is read with the conversation
_PAIR = 2
_POINTING = frozenset({"this", "that", "these", "those"})
_WHICH = frozenset("what which many welche welcher welches quel quelle qué".split())
_SUBJECT, _ANSWER, _TITLE, _CITED = 1.0, 0.8, 0.7, 0.5  # how likely a question refers to a name of each kind

_NO_REFERENT = re.compile(  # "it" that stands for what comes after it
    r"\bit\s+(?:\w+\s+){0,2}(?:to|that|if|whether)\b|\bit\s+(?:rain|snow)\w*\b", re.IGNORECASE
)
_CLAUSE = re.compile(
    r",|\b(?:when|if|before|after|and|but|because|while|once|until|than|wenn|und|bevor|si|y)\b", re.IGNORECASE
)
_WHICH_OF = re.compile(
    r"^(which|who|what|how many|how much|both|either|neither|each) of (?:the two|them|these|those|both)\b",
    re.IGNORECASE,
)
_OF_THE_TWO = re.compile(r"^which(?: one)?(?: of (?:the two|them|these|those|both))?$", re.IGNORECASE)
_ORDINAL = re.compile(
    r"\bthe (?:(?P<first>former|first(?: one)?)|(?P<last>latter|second(?: one)?)|(?P<other>other(?: one)?))"
    r"(?:(?<= one)|(?<=er)(?<!other)|(?='s\b|\s*$|\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would)"
    r"\b))",
    re.IGNORECASE,
)
_BOTH = re.compile(r"\bthe two(?: of them)?\b|\bboth(?: of them)?\b(?! \w+s and\b)", re.IGNORECASE)
_WHICH_NOUN = re.compile(r"(?:which|what) (?!is|are|was|were|did|does|do|has|had)(\w+)", re.IGNORECASE)
_DEFINITE = re.compile(
    r"\bthe (?!first\b|last\b|most\b|next\b|only\b|same\b|\w+est\b)(\w+)"
    r"(?! (?:\w+ )?(?:of|in|for|that|which|who|on|from|to|at|between)\b)",
    re.IGNORECASE,
)
_OPEN_END = re.compile(r"\b(?:after|before|next)$", re.IGNORECASE)
_THAT = re.compile(r"^(\w+) (?:(?:is|was) that|(?:did|does) (?:that|this|it) happen)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the next question may refer to: the question that was asked, as it was understood, and its answer.

    `subjects` are the names of the question, `phrases` its other noun phrases, `answers` names of the first quotation
    that are not in the question, `titles` those of the cited passages, `cited` names in their words, `earlier` the
    subjects of the questions before, newest first. All are as written.
    """

    question: str = ""
    subjects: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names, each once, those of the question first."""
        return distinct((*self.subjects, *self.titles, *self.answers, *self.cited))

    @property
    def topics(self) -> tuple[str, ...]:
        """Return what the question was about: its names, else its noun phrases, else what was cited."""
        return self.subjects or self.phrases or self.titles

    @property
    def recent(self) -> tuple[str, ...]:
        """Return the topics of this question and of those before, newest first, for the question after the next."""
        return distinct((*self.topics[:_PAIR], *self.earlier))[: 2 * _PAIR]

    @property
    def pair(self) -> tuple[str, str] | None:
        """Return the two things that were talked of last, in the order of their mention; None if there are none."""
        if len(self.subjects) >= _PAIR:
            return self.subjects[0], self.subjects[1]
        own = [name for name in self.topics if name not in self.earlier] or self.topics
        others = [name for name in self.earlier if name not in self.topics]
        return (others[0], own[0]) if others and own else None


def understood(question: str, conversation: Conversation, retriever: Retriever) -> str:
    """Return the complete question that a follow-up stands for; empty if the question is complete by itself.

    A question refers back if it is a fragment ("Why?", "What about X?"), if a pronoun stands before its first name and
    before any noun of its own for which it may stand, or if it has no name and the passages of one name hold enough
    of it. Without a grammar of the language a reference that cannot be put in its place is added: "... (about X)".
    """
    if not conversation.question or len(question) > _LONGEST:
        return ""
    result = one_line(_Reading(question, conversation, retriever).understood())
    return "" if result.casefold() == question.strip().casefold() else result


def with_names(question: str, names: Iterable[str]) -> str:
    """Add the names that a question means, so that it can be read without the conversation."""
    listed = ", ".join(names)
    about = "about " if follow_up_words(question).language == ENGLISH else ""
    return f"{question} ({about}{listed})" if listed else question


class _Reading:
    """A question that is read with a conversation."""

    def __init__(self, question: str, conversation: Conversation, retriever: Retriever) -> None:
        self._conversation, self._retriever = conversation, retriever
        self._grammar = follow_up_words(question, conversation.question)
        words = words_of(question)
        opening = next((n for n, word in enumerate(words) if word.key not in self._grammar.openings), len(words))
        self._is_opened = 0 < opening < len(words)
        start = words[opening].start if self._is_opened else 0
        self._body = question[start:].strip(" ¿¡\t\n")
        self._core = self._body.rstrip(" ?.!…")
        self._words = words_of(self._core)
        self._exchange = Exchange(conversation.question, conversation.subjects, conversation.phrases, retriever)

    def understood(self) -> str:
        """Return the complete question, empty if it is complete already."""
        readings = (
            self._continued, self._with_other_question_word, self._with_pair, self._with_other_subject,
            self._with_pronoun, self._with_end, self._with_topic,
        )  # fmt: skip
        result = next(filter(None, (reading() for reading in readings)), "") if self._words else ""
        return result[:1].upper() + result[1:]

    # -- fragments ----------------------------------------------------------------------------------------

    def _continued(self) -> str:
        """Read "more" as a question about the topic."""
        topic = next(iter(self._conversation.topics), "")
        return self._grammar.tell.format(topic) if topic and self._grammar.more.fullmatch(self._core) else ""

    def _with_other_question_word(self) -> str:
        """Read "Why?" as the previous question with another question word."""
        if _OF_THE_TWO.fullmatch(self._core):
            return ""
        if that := _THAT.fullmatch(self._core):
            alone = that[1] if self._grammar.alone.fullmatch(that[1]) and "how " not in that[1].lower() else ""
        else:
            alone = self._core if self._grammar.alone.fullmatch(self._core) else ""
        return self._exchange.question_word(alone) if alone else ""

    def _with_pair(self) -> str:
        """Put the names of two things for "the two", "the other" or "the latter"."""
        pair = self._conversation.pair
        if pair is None or self._names:
            return ""
        names = f"{pair[0]} and {pair[1]}"
        if _OF_THE_TWO.fullmatch(self._core):
            return self._exchange.choice(*pair)
        if match := _WHICH_OF.match(self._core):
            return f"{match[1]} of {names}{self._body[match.end() :]}"
        if match := _ORDINAL.search(self._core):
            return self._with_one_of(match, pair)
        match = _BOTH.search(self._core)
        return f"{self._body[: match.start()]}{names}{self._body[match.end() :]}" if match else ""

    def _with_one_of(self, match: "re.Match[str]", pair: tuple[str, str]) -> str:
        """Put the name of one of two for "the other one", or ask the previous question of it."""
        name = pair[0] if match["first"] else pair[1] if match["last"] else self._other(pair)
        if match[0] == self._core or self._grammar.about.fullmatch(self._core):
            return self._exchange.subject(name)
        return f"{self._body[: match.start()]}{name}{self._body[match.end() :]}"

    def _other(self, pair: tuple[str, str]) -> str:
        """Return the one of two that the previous question is not about, or that its answer does not name."""
        mentioned = self._conversation.topics
        if len(self._conversation.subjects) >= _PAIR:
            mentioned = (*self._conversation.answers, *self._conversation.titles)
        keys = {name_key(name) for name in mentioned[:1]}
        return pair[0] if name_key(pair[1]) in keys else pair[1]

    def _with_other_subject(self) -> str:
        """Read "What about X?" or "And in 1952?" as the previous question with something exchanged."""
        about = self._grammar.about.fullmatch(self._core)
        fragment = next(filter(None, about.groups()), "") if about else self._core
        words = words_of(fragment)
        if not words or not (about or self._is_fragment(words)):
            return ""
        first = words[0].key
        if first in self._grammar.possessives and len(words) > 1:
            name = self._referent(self._grammar.possessives[first])
            return self._of(name.text, fragment, words[1].start) if name else ""
        if first in self._grammar.pronouns and len(words) == 1:
            name = self._referent(self._grammar.pronouns[first])
            return self._exchange.subject(name.text) if name else ""
        if first in self._grammar.prepositions:
            return self._exchange.circumstance(fragment)
        return self._exchange.subject(fragment)

    def _of(self, name: str, fragment: str, noun: int) -> str:
        """Ask the previous question of "his wife", where the noun begins at that character."""
        if self._grammar.language == ENGLISH:
            return self._exchange.relative(name, fragment[noun:])
        return with_names(self._exchange.subject(fragment), [name])

    def _is_fragment(self, words: list[Word]) -> bool:
        """Tell whether a question without an opening such as "what about" has no verb."""
        keys = {word.key for word in words}
        if keys & (self._grammar.auxiliaries | self._grammar.question_words):
            return False
        first = words[0].key
        is_short = len(words) <= 6  # noqa: PLR2004 - longer ones have a verb that is not known
        refers = (first in self._grammar.possessives and len(words) <= _PAIR) or first in self._grammar.prepositions
        return is_short and (self._is_opened or refers)

    # -- references in a whole sentence -------------------------------------------------------------------

    @cached_property
    def _read(self) -> Question:
        return read_question(self._core, self._retriever)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return (*(name.key for name in self._read.names), *self._read.unknown_names)

    @cached_property
    def _candidates(self) -> list[Candidate]:
        conversation = self._conversation
        asks_which = bool(_WHICH_NOUN.match(conversation.question))
        groups = (
            (conversation.subjects, _SUBJECT * (_ANSWER if asks_which else 1)),
            (conversation.phrases, _TITLE if conversation.subjects else _SUBJECT),
            (conversation.titles[:1], _SUBJECT if asks_which else _ANSWER),
            (conversation.answers[:1], _ANSWER),
            (conversation.titles, _TITLE),
            (conversation.answers, _CITED),
            (conversation.earlier, _CITED),
            (conversation.cited, _CITED),
        )
        weights = {name: weight for names, weight in reversed(groups) for name in names}
        names = distinct(name for names, _ in groups for name in names)
        return [Candidate(name, name not in conversation.phrases, weights[name]) for name in names]

    def _referent(self, referent: Referent | None) -> Candidate | None:
        noun = _WHICH_NOUN.match(self._conversation.question)
        text = f"{self._core} {noun[1]}" if noun else self._core
        return best_referent(text, self._candidates, self._retriever, referent)

    def _with_pronoun(self) -> str:
        """Put the name for the first pronoun, where it refers to the conversation."""
        grammar, candidates = self._grammar, grammar_pronouns(self._grammar)
        number = next(
            (n for n, word in enumerate(self._words) if word.key in candidates and self._refers_back(n)), None
        )
        if number is None:
            return ""
        word, following = self._words[number], self._words[number + 1 : number + 2]
        has_noun = bool(following) and not is_function_word(following[0].key, grammar)
        is_possessive = word.key in grammar.possessives and (word.key not in grammar.pronouns or has_noun)
        referent = candidates[word.key]
        name = self._names_for(referent)
        if not name or (has_noun and word.key in _POINTING and not self._has_noun(following[0].text, name)):
            return ""
        if word.key in _POINTING and has_noun:
            return with_names(self._body, [name])
        if self._body[: word.start].endswith("-") or (is_possessive and grammar.language != ENGLISH):
            return with_names(self._body, [name])
        form = f"{name}'s" if is_possessive else name
        return f"{self._body[: word.start]}{form}{self._body[word.end :]}"

    def _names_for(self, referent: Referent) -> str:
        subjects = self._conversation.subjects
        if referent is Referent.SEVERAL and len(subjects) >= _PAIR:
            return f"{', '.join(subjects[:-1][:_PAIR])} {self._grammar.conjunction} {subjects[-1]}"
        best = self._referent(referent)
        return best.text if best else ""

    def _refers_back(self, number: int) -> bool:
        """Tell whether a pronoun does not stand for something that the question itself names before it."""
        word, grammar = self._words[number], self._grammar
        spans = [span_of(name_key(name), self._core) for name in self._names]
        if any(span and span[0] < word.start for span in spans):
            return False
        if word.key == "it" and _NO_REFERENT.match(self._core, word.start):
            return False
        if number == 0 and word.key == "es":  # "Es gibt"
            return False
        if number and word.text[0].isupper():  # in a title, or the German form of address
            return False
        if word.key in {"that", "this"} and not self._is_pronoun(number):
            return False
        nouns = [n for n in range(number) if not is_function_word(self._words[n].key, grammar)]
        determiners = grammar.articles | _WHICH
        has_article = any(n and self._words[n - 1].key in determiners for n in nouns)
        is_possessive = word.key in grammar.possessives and word.key != "her"
        begins_clause = bool(nouns) and bool(_CLAUSE.search(self._core, self._words[nouns[0]].end, word.start))
        return not (begins_clause or (is_possessive and has_article))

    def _is_pronoun(self, number: int) -> bool:
        """Tell whether "that" or "this" is neither a conjunction nor followed by a clause."""
        following = self._words[number + 1 : number + 2]
        if self._words[number].key == "this":
            return True
        return not following or (following[0].key in self._grammar.auxiliaries and number <= 1)

    def _with_end(self) -> str:
        """Read "who came after" as "who came after X", where X is the answer."""
        if self._names or not _OPEN_END.search(self._core) or not (self._is_opened or len(self._words) <= 4):  # noqa: PLR2004
            return ""
        name = next(iter((*self._conversation.answers, *self._conversation.topics)), "")
        preposition = " after" if self._words[-1].key == "next" else ""
        return f"{self._core}{preposition} {name}?" if name else ""

    def _with_topic(self) -> str:
        """Add the name that a question without a name leaves out, if its passages hold enough of the question."""
        if self._names or _ORDINAL.search(self._core):
            return ""
        if self._is_opened or all(is_function_word(word.key, self._grammar) for word in self._words):
            best = self._referent(None)
            return with_names(self._body, [best.text]) if best else ""
        names = [candidate for candidate in self._candidates if candidate.is_name]
        worth = {name.text: name.weight * coverage(self._read, name.text, self._retriever) for name in names}
        name = max(worth, key=lambda name: worth[name], default="")
        return with_names(self._body, [name]) if name and (worth[name] >= _FITS or self._is_part_of(name)) else ""

    def _has_noun(self, noun: str, name: str) -> bool:
        """Tell whether the conversation has a noun that the question points to, as in "this ship"."""
        stems = set(content_stems(noun))
        return stems <= set(content_stems(self._conversation.question)) or self._tells_of(noun, name)

    def _is_part_of(self, name: str) -> bool:
        """Tell whether the question is about "the crew", of which the passages of a subject tell."""
        noun = _DEFINITE.search(self._core)
        return noun is not None and self._tells_of(noun[1], name)

    def _tells_of(self, noun: str, name: str) -> bool:
        """Tell whether the passages of a subject have a noun."""
        is_subject = name in self._conversation.subjects
        return is_subject and coverage(read_question(noun, self._retriever), name, self._retriever) == 1.0


def grammar_pronouns(grammar: FollowUpWords) -> dict[str, Referent]:
    """Return all pronouns of a language with what they stand for."""
    return {**grammar.possessives, **grammar.pronouns}
