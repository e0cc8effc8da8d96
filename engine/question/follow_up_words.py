"""The words by which a follow-up question refers back, by language: pronouns, openings, and question words alone."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from engine.text.languages import ENGLISH, function_words
from engine.text.words import raw_words


class Referent(StrEnum):
    """What a pronoun stands for."""

    MAN = "man"
    WOMAN = "woman"
    THING = "thing"
    SEVERAL = "several"


class FollowUpWords(NamedTuple):
    """The words of one language, case folded; patterns match a whole question without its opening and its end."""

    language: str
    openings: frozenset[str]
    about: "re.Pattern[str]"
    more: "re.Pattern[str]"
    alone: "re.Pattern[str]"
    question_words: frozenset[str]
    auxiliaries: frozenset[str]
    articles: frozenset[str]
    prepositions: frozenset[str]
    pronouns: Mapping[str, Referent]
    possessives: Mapping[str, Referent]
    conjunction: str
    tell: str


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pattern(text: str) -> "re.Pattern[str]":
    return re.compile(text, re.IGNORECASE)


def _referents(man: str, woman: str, thing: str, several: str) -> Mapping[str, Referent]:
    groups = zip(Referent, (man, woman, thing, several), strict=True)
    return {word: referent for referent, words in groups for word in words.split()}


_ENGLISH = FollowUpWords(
    language=ENGLISH,
    openings=_words("and but so or then also ok okay"),
    about=_pattern(r"(?:what|how) about (.+)|(?:the )?same for (.+)"),
    more=_pattern(
        r"(?:please )?(?:tell me |say |show me |give me )?(?:some )?(?:more(?: details)?|details)"
        r"(?: (?:about|on) (?:it|him|her|them|this|that))?(?: please)?|go on|what else"
    ),
    alone=_pattern(
        r"(?:(?:in|at|on|by|for|since|until|till|from|to|with|of) )?(?:who|whom|when|where|why|how|how (?!come)\w+"
        r"|which \w+|what (?:year|date|day|month|time|century|place|town|city|country|room|street|colou?r|size|price"
        r"|amount|number|kind|type|sort|version|page|name|reason))(?: (?:exactly|precisely|else|then|not))?"
    ),
    question_words=_words("who whom whose what which when where why how many much"),
    auxiliaries=_words(
        "is are was were do does did has have had can could will would shall should may might must isn aren wasn weren "
        "don doesn didn hasn haven hadn couldn won wouldn"
    ),
    articles=_words("the a an my our your"),
    prepositions=_words("in on at by for from to with of during under over after before since until near"),
    pronouns=_referents("he him", "she her", "it this that", "they them these those"),
    possessives=_referents("his", "her hers", "its", "their theirs"),
    conjunction="and",
    tell="Tell me more about {}",
)
_GERMAN = FollowUpWords(
    language="de",
    openings=_words("und aber oder also dann"),
    about=_pattern(r"(?:was ist mit|wie (?:steht|ist) es mit|wie sieht es mit) (.+?)(?: aus)?"),
    more=_pattern(r"(?:erzähl\w* mir |sag\w* mir |bitte )?(?:noch )?mehr(?: (?:darüber|dazu|davon))?|weiter"),
    alone=_pattern(
        r"(?:(?:seit|bis|in|um|von|mit|für) )?(?:wer|wen|wem|wann|wo|wohin|woher|warum|wieso|weshalb|wie|wie \w+"
        r"|welche[rsmn]? \w+)(?: (?:genau|noch|denn|nicht))?"
    ),
    question_words=_words(
        "wer wen wem wessen was wann wo wohin woher warum wieso wie welche welcher welches welchem welchen"
    ),
    auxiliaries=_words(
        "ist sind war waren wurde wurden wird werden hat haben hatte hatten kann können konnte muss müssen darf soll"
    ),
    articles=_words("der die das den dem des ein eine einen einem einer"),
    prepositions=_words("in im am an auf bei von für mit zu aus nach vor seit bis"),
    pronouns=_referents("er ihn ihm", "", "es", "sie ihnen"),
    possessives=_referents("sein seine seinen seinem seiner seines", "ihr ihre ihren ihrem ihrer ihres", "", ""),
    conjunction="und",
    tell="Erzähle mir mehr über {}",
)
_FRENCH = FollowUpWords(
    language="fr",
    openings=_words("et mais ou alors"),
    about=_pattern(r"(?:qu['\u2019 ]en est[- ]il (?:de |du |d['\u2019])|et pour |pour )(.+)"),
    more=_pattern(
        r"(?:dis[- ]m['\u2019]en |dites[- ]m['\u2019]en |parle[- ]m['\u2019]en )?(?:plus|davantage)|continue"
    ),
    alone=_pattern(
        r"(?:depuis |par )?(?:qui|quand|où|pourquoi|comment|combien(?: de \w+)?|quelle? \w+)(?: exactement)?"
    ),
    question_words=_words("qui que quand où pourquoi comment combien quel quelle quels quelles"),
    auxiliaries=_words("est sont était étaient a ont avait fut furent peut doit sera"),
    articles=_words("le la les un une des"),
    prepositions=_words("en à au dans sur de du pour avec par depuis"),
    pronouns=_referents("il lui", "elle", "cela ça", "ils elles eux"),
    possessives=_referents("son sa ses", "", "", "leur leurs"),
    conjunction="et",
    tell="Parle-moi de {}",
)
_SPANISH = FollowUpWords(
    language="es",
    openings=_words("y e pero o entonces"),
    about=_pattern(r"(?:qué (?:hay|pasa|tal) (?:de|con)|y) (.+)"),
    more=_pattern(r"(?:cuéntame |dime )?(?:algo )?más|sigue"),
    alone=_pattern(
        r"(?:desde |de |por |en )?(?:quién|cuándo|dónde|por qué|cómo|cuánt[oa]s?(?: \w+)?|qué (?:año|día|fecha)|cuál)"
        r"(?: exactamente)?"
    ),
    question_words=_words("quién quiénes qué cuándo dónde cómo cuánto cuánta cuántos cuántas cuál cuáles"),
    auxiliaries=_words("es son era eran fue fueron está están ha han había puede debe será"),
    articles=_words("el la los las un una unos unas"),
    prepositions=_words("en a al de del por para con desde hasta"),
    pronouns=_referents("él", "ella", "ello eso", "ellos ellas"),
    possessives=_referents("su sus", "", "", ""),
    conjunction="y",
    tell="Cuéntame más de {}",
)
_OWN_WEIGHT = 3  # of a word of the question against one of the previous question
_BY_LANGUAGE = {words.language: words for words in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH)}


def follow_up_words(question: str, previous: str = "") -> FollowUpWords:
    """Return the words of the language of which the question has the most function words, English where none leads.

    Those of the previous question count less, but a question may be one word.
    """
    words = [word.casefold() for word in raw_words(" ".join([*[question] * _OWN_WEIGHT, previous]))]
    counts = {name: sum(word in _function_words(name) for word in words) for name in _BY_LANGUAGE}
    return _BY_LANGUAGE[max(counts, key=lambda name: counts[name])]


@cache
def _function_words(language: str) -> frozenset[str]:
    """Return the function words of a language, with those of its table."""
    table = _BY_LANGUAGE[language]
    pronouns = table.pronouns.keys() | table.possessives.keys()
    return function_words(language) | table.openings | table.question_words | table.auxiliaries | pronouns
