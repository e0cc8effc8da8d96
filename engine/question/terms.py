"""Find the search terms of a question: for each word the forms under which the library knows it.

A word that the library does not have as it stands is tried in its other forms (`took` for `take`), as the parts of a
compound, and in near spellings, before it counts as unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from engine.index.retriever import Retriever
from engine.index.search_index import Counts
from engine.text.dates import AskedDate, asked_dates
from engine.text.languages import COMPOUNDING, ENGLISH, STEMMERS, function_words, stop_words
from engine.text.names import related_stems
from engine.text.words import exact_terms, folded, is_unspaced, raw_words, stemmed

_ASKING = frozenset("many much long far often happen happens happened".split())  # they say what is asked, not of what
_COINCIDENCE = 1  # words of a question that may happen to be function words of another language
_SHORTEST_PART = 4  # letters of a part of a compound
_SHORTEST_NAME, _SHORTEST_WORD = 5, 7  # letters of a name, and of another word, that is looked for in near spellings
_JOINTS = ("", "s", "es", "n", "en", "e", "er")  # what may stand between the parts of a compound


@dataclass(frozen=True, slots=True)
class Term:
    """A search term: its index forms, any of which stands for it, and in how many passages the commonest occurs."""

    forms: tuple[str, ...]
    frequency: int


class QuestionWords:
    """The words of a question as written, folded, and stemmed in each language of the library.

    `language` is the language of the question among those of the library; `today` resolves words such as
    "yesterday".
    """

    def __init__(self, text: str, retriever: Retriever, *, today: date | None = None) -> None:
        self._text, self._retriever, self._today = text, retriever, today
        self.raw = raw_words(text)
        self.folded = folded(self.raw)
        self.languages = retriever.languages
        self.stems = {language: stemmed(self.raw, language)[1] for language in self.languages}
        self.language = max(self.languages, key=self._function_word_count)
        self.stop_words = stop_words(self.language)
        self._frequencies: dict[tuple[str, str], int] = {}  # by stem and language

    def count(self, names: Sequence[str]) -> Counts:
        """Count the passages of all stems and exact terms, so that `terms` need not, and of these names."""
        words = self._content(frozenset())
        stems = [(self.stem(word), "") for word in words]
        stems += [(own[word], language) for language, own in self._other_stems() for word in words]
        exact = [form for day in self._days for forms in day.alternatives for form in forms] + exact_terms(self._text)
        lookups = list(dict.fromkeys([*stems, *((stem, "") for stem, _ in stems), *((form, "") for form in exact)]))
        counts = self._retriever.count(lookups, names)
        self._frequencies.update(zip(lookups, counts.terms, strict=True))
        return counts

    def _other_stems(self) -> Iterator[tuple[str, list[str]]]:
        return ((language, own) for language, own in self.stems.items() if language != self.language)

    def _frequency(self, stem: str, language: str = "") -> int:
        if (frequency := self._frequencies.get((stem, language))) is None:
            frequency = self._frequencies[stem, language] = self._retriever.term_frequency(stem, language)
        return frequency

    def _function_word_count(self, language: str) -> int:
        return sum(word.casefold() in function_words(language) for word in self.raw)

    def _foreign_stop_words(self) -> frozenset[str]:
        """Return the stop words of a language that the library lacks, if the question has more of its function words.

        The words of most languages take a tenth of a second to load, so this is for words that the library lacks.
        """
        most = self._function_word_count(self.language)
        language = max((ENGLISH, *STEMMERS) if most == 0 else (ENGLISH,), key=self._function_word_count)
        is_foreign = self._function_word_count(language) > max(most, _COINCIDENCE)
        return stop_words(language) if is_foreign else frozenset()

    @cached_property
    def _days(self) -> list[AskedDate]:
        return asked_dates(self._text, self._today, self.language)

    @cached_property
    def _function_words(self) -> frozenset[str]:
        return function_words(self.language) | self.stop_words

    def terms(self) -> tuple[list[Term], list[str]]:
        """Return the terms that occur in the library, and the stems of the words that do not."""
        exact, understood = self._exact()
        terms = {term.forms: term for word in self._content(understood) for term in self._known(word)}
        terms |= {term.forms: term for term in exact}
        content = [word for word in self._content(understood) if self.folded[word] not in _ASKING]
        absent = [word for word in content if not self._known(word)]
        foreign = self._foreign_stop_words() if len(absent) > _COINCIDENCE else frozenset()
        unknown = [self.stem(word) for word in absent if self.folded[word] not in foreign]
        unspaced = [word for word in self._content(understood) if is_unspaced(self.raw[word])]
        if any(self._known(word) for word in unspaced):  # a pair of characters is often no word
            unknown = [stem for stem in unknown if not is_unspaced(stem)]
        return list(terms.values()), list(dict.fromkeys(unknown))

    def stem(self, word: int) -> str:
        """Return the stem of a word, by number, in the language of the question."""
        return self.stems[self.language][word]

    def _content(self, understood: frozenset[str]) -> list[int]:
        """Return the words that are neither stop words nor parts of an exact term, by number."""
        return [k for k, word in enumerate(self.folded) if word not in self.stop_words and word not in understood]

    def _exact(self) -> tuple[list[Term], frozenset[str]]:
        """Return the dates and part numbers that the library has, and the folded words that they are written in."""
        terms, understood = [], frozenset[str]()
        for day in self._days:
            if term := next(filter(None, map(self._term, day.alternatives)), None):
                terms.append(term)
                understood |= frozenset(folded(list(day.words)))
        for code in exact_terms(self._text):
            if frequency := self._frequency(code):
                terms.append(Term((code,), frequency))
                understood |= frozenset(filter(_is_short_part, folded(raw_words(code))))
        return terms, understood

    def _known(self, word: int) -> list[Term]:
        """Return the terms of a word that the library has: one as a rule, several for a compound, none if unknown."""
        if word not in self._terms:
            self._terms[word] = list(self._look_up(word))
        return self._terms[word]

    @cached_property
    def _terms(self) -> dict[int, list[Term]]:
        return {}

    def _look_up(self, word: int) -> Iterator[Term]:
        forms = list(dict.fromkeys(stems[word] for stems in self.stems.values()))
        if term := self._term(list(self._stems(word))):
            yield term
        elif self.raw[word].casefold() in self._function_words:
            return
        elif term := self._term([other for form in forms for other in related_stems(form)]):
            yield term
        elif parts := next(filter(None, (self._parts(self.raw[word], form) for form in self.languages)), None):
            yield from parts
        elif len(self.raw[word]) >= (_SHORTEST_NAME if word and self.raw[word][0].isupper() else _SHORTEST_WORD) and (
            term := self._term([near for form in forms for near in self._retriever.similar(form)])
        ):
            yield term

    def _stems(self, word: int) -> Iterator[str]:
        """Yield the stem of a word in the question's language, and in others those that their passages use."""
        own = self.stem(word)
        yield own
        for language, stems in self._other_stems():
            if stems[word] != own and self._frequency(stems[word], language):
                yield stems[word]

    def _term(self, forms: Sequence[str]) -> Term | None:
        frequencies = {form: frequency for form in forms if (frequency := self._frequency(form))}
        return Term(tuple(frequencies), max(frequencies.values())) if frequencies else None

    def _parts(self, word: str, language: str) -> list[Term]:
        """Return the terms of the two parts of a compound, if the library has both."""
        if language not in COMPOUNDING or not word.isalpha():
            return []
        lowered = word.casefold()
        for cut in range(_SHORTEST_PART, len(lowered) - _SHORTEST_PART + 1):
            head = self._term(stemmed([lowered[cut:]], language)[1])
            firsts = [lowered[: cut - len(joint)] for joint in _JOINTS if lowered[:cut].endswith(joint)]
            firsts = [first for first in firsts if len(first) >= _SHORTEST_PART]
            if head and firsts and (first := self._term(stemmed(firsts, language)[1])):
                return [first, head]
        return []


def _is_short_part(word: str) -> bool:
    """Tell whether a part of a part number says nothing by itself: a letter, or a number that is no year."""
    return len(word) == 1 or (word.isdigit() and len(word) != 4)  # noqa: PLR2004 - digits of a year
