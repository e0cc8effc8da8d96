"""Exchange a part of a question: its question word, its subject, or a circumstance such as the year."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.index.retriever import Retriever
from engine.question.follow_up_words import FollowUpWords, follow_up_words
from engine.question.phrases import Word, names_in, span_of, words_of
from engine.question.question import read_question
from engine.question.referents import support
from engine.text.names import name_key

_ADDED = re.compile(r", (?:and|und|et|y) [^,]{1,30}$")  # by a follow-up before
_YEAR = re.compile(r"\b[12]\d{3}\b")
_LONGEST_OPENING = 6  # words of a question before its auxiliary
_TIMES = frozenset("when year date day month time century wann quand cuándo".split())
_SUBJECTS = frozenset("who wer qui quién quiénes".split())
_PERFECT = frozenset("has have had hat haben hatte a ont avait ha han había".split())  # after a subject
_PARTICIPLES = dict(pair.split("/") for pair in """wrote/written took/taken gave/given broke/broken chose/chosen
    began/begun drew/drawn wore/worn sang/sung stole/stolen saw/seen drove/driven threw/thrown knew/known grew/grown
    wove/woven rang/rung sank/sunk""".split())  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchange:
    """Exchanges a part of `question`, in which `names` and noun `phrases` stand as written."""

    question: str
    names: Sequence[str]
    phrases: Sequence[str]
    retriever: Retriever

    @property
    def _core(self) -> str:
        return self.question.strip(" ¿¡").rstrip(" ?.!")

    # -- the question word --------------------------------------------------------------------------------

    def question_word(self, alone: str) -> str:
        """Return the question with another question word: "Who built X?" with "when" is "When was X built?"."""
        core, words, grammar = self._core, words_of(self._core), follow_up_words(self._core)
        if alone.casefold().endswith(" else") and words and alone.casefold().startswith(words[0].key):
            return f"{alone}{core[words[0].end :]}?"
        opening = words[:_LONGEST_OPENING]
        verb = next((n for n, word in enumerate(opening) if word.key in grammar.auxiliaries), None)
        has_subject = not (words[0].key in _SUBJECTS and words[verb].key in _PERFECT) if verb else True
        if verb is not None and has_subject and self._may_lose(words[:verb], alone, grammar):
            following = core[words[verb].start :]
            return f"{alone} {following[:1].lower()}{following[1:]}?"
        if verb is None and (passive := _passive(core, words, alone, grammar)):
            return passive
        core = _ADDED.sub("", core)
        return f"{core}, {grammar.conjunction} {alone[:1].lower()}{alone[1:]}?"

    def _may_lose(self, opening: Sequence[Word], alone: str, grammar: FollowUpWords) -> bool:
        """Tell whether the words before the verb may go: question words, or what is asked of in another way."""
        if not all(word.key in grammar.question_words or word.key in grammar.prepositions for word in opening[:1]):
            return False
        content = [
            word for word in opening
            if word.key not in grammar.question_words | grammar.prepositions | _TIMES
        ]  # fmt: skip
        measures = len(content) == 1 and opening[0].key in {"how", "wie"}
        return not content or (measures and words_of(alone)[0].key in {"how", "wie"})

    def choice(self, first: str, second: str) -> str:
        """Return the question as a choice between two: "Is X or Y older?" is "Which of X and Y is older?"."""
        core, words = self._core, words_of(self._core)
        spans = [span_of(name_key(name), core) for name in (first, second)]
        if words and words[0].key in follow_up_words(core).auxiliaries and all(spans):
            end = max(span[1] for span in spans if span)
            return f"Which of {first} and {second} {words[0].key}{core[end:]}?"
        return f"{core}, and which of {first} and {second}?"

    # -- the subject --------------------------------------------------------------------------------------

    def subject(self, fragment: str) -> str:
        """Return the question with its subject exchanged, with that of several which the library supports best."""
        core, is_name = self._core, self._is_name(fragment)
        spans = self._of_phrases(core) if " of " in fragment and not is_name else []
        names = [span for name in self.names if (span := _with_article(span_of(name_key(name), core), core))]
        phrases = [(start, start + len(phrase)) for phrase in self.phrases if (start := core.find(phrase)) >= 0]
        spans = spans or (names or phrases if is_name else phrases or names)
        if not spans:
            return f"{core} (about {fragment})?"
        readings = [f"{core[:start]}{fragment}{core[end:]}?" for start, end in spans]
        pairs = zip(readings, spans, strict=True)
        alike = [text for text, span in pairs if _share_last(core[slice(*span)], fragment)]
        candidates = alike or readings
        return max(candidates, key=lambda text: support(text, self.retriever)) if len(candidates) > 1 else candidates[0]

    def _is_name(self, fragment: str) -> bool:
        return bool(read_question(fragment, self.retriever).names) or bool(list(names_in(f"about {fragment}")))

    def _of_phrases(self, core: str) -> list[tuple[int, int]]:
        """Return where a phrase such as "the first keeper of X" stands."""
        spans = [span for name in self.names if (span := span_of(name_key(name), core))]
        phrases = [core.find(phrase) for phrase in self.phrases if f"{phrase} of" in core]
        return [(start, end) for start in phrases[:1] for _, end in spans if start < end]

    def relative(self, name: str, noun: str) -> str:
        """Return the question about a person or thing of a name: "And his wife?" is about "X's wife"."""
        core, whose = self._core, f"{name}'s {noun}"
        span = span_of(name_key(name), core)
        if span is None:
            return f"{'Who' if core.lower().startswith('who') else 'What'} was {whose}?"
        start, end = span
        if own := re.match(r"['\u2019]s \w+", core[end:]):
            return f"{core[:start]}{whose}{core[end + own.end() :]}?"
        if of := re.search(r"\bthe \w+ of (?:the )?$", core[:start]):
            return f"{core[: of.start()]}{whose}{core[end:]}?"
        return f"{core[:start]}{whose}{core[end:]}?"

    # -- a circumstance -----------------------------------------------------------------------------------

    def circumstance(self, fragment: str) -> str:
        """Return the question with a phrase such as "in 1952" in the place of its like, or at its end."""
        core, grammar = self._core, follow_up_words(self._core)
        if (year := _YEAR.search(fragment)) and (own := _YEAR.search(core)):
            return f"{core[: own.start()]}{year[0]}{core[own.end() :]}?"
        words = words_of(core)
        preposition = words_of(fragment)[0].key
        numbers = [n for n, word in enumerate(words) if n and word.key == preposition]
        if not numbers:
            return f"{core} {fragment}?"
        first = numbers[-1]
        stops = grammar.prepositions | grammar.auxiliaries
        last = next((n for n in range(first + 1, len(words)) if words[n].key in stops), len(words)) - 1
        return f"{core[: words[first].start]}{fragment}{core[words[last].end :]}?"


def _passive(core: str, words: Sequence[Word], alone: str, grammar: FollowUpWords) -> str:
    """Turn "Who built X" around: "When was X built?"; empty where the verb has no object."""
    if len(words) <= 2 or words[0].key not in {"who", "what"}:  # noqa: PLR2004 - question word, verb, object
        return ""
    verb, first = words[1], words[2]
    if first.key in grammar.prepositions or not (verb.key.endswith("ed") or verb.key in _TRANSITIVE):
        return ""
    return f"{alone} was {core[first.start :]} {_PARTICIPLES.get(verb.key, verb.text)}?"


_TRANSITIVE = frozenset(
    """built led made found won brought bought sold taught caught paid kept held lost sent left met read set shot
    heard laid struck told fought""".split()
) | frozenset(_PARTICIPLES)


def _with_article(span: tuple[int, int] | None, text: str) -> tuple[int, int] | None:
    """Let the span of a name begin with its article."""
    if span is None:
        return None
    article = re.search(r"\bthe $", text[: span[0]], re.IGNORECASE)
    return (article.start(), span[1]) if article else span


def _share_last(first: str, second: str) -> bool:
    """Tell whether two names end with the same word, such as "Light"."""
    ends = [words[-1].key for words in (words_of(first), words_of(second)) if words]
    return len(ends) == 2 and ends[0] == ends[1]  # noqa: PLR2004 - both have words
