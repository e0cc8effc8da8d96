"""Tell from the words of a question what its answer has: a time, an amount, a person, a place, or something else."""

import re
from enum import StrEnum
from functools import lru_cache

from engine.text.words import STOP_WORDS


class AnswerKind(StrEnum):
    """What an answer has. `YES_NO` also stands for a question that offers two things to choose from."""

    TIME = "time"
    AMOUNT = "amount"
    PERSON = "person"
    PLACE = "place"
    YES_NO = "yes or no"
    OTHER = "other"


# The question words of the languages that the most libraries are in; a question in another language is OTHER.
_TIME = (
    r"\bwhen\b|\b(?:what|which|in what|in which) (?:year|date|day|month|time|century|decade)\b|\bwann\b|\bwelche[mns]? "
    r"(?:jahr|datum|tag|monat)|\bкогда\b|\bкако[мйе]\w* (?:год|дат|ден|месяц|век)|何时|什么时候|[哪几]一?[年月天日]|いつ|"
    r"\bquand\b|\bquelle (?:année|date)|\bcuándo\b|\bqué (?:año|fecha|día)|\bquando\b|\bche anno|\bem que ano|\bwanneer\b"
)
_AMOUNT = (
    r"\bhow (?:many|much|old|long|far|tall|high|deep|large|big|often|heavy|wide|fast)\b|\b(?:what|which) "
    r"(?:percent|percentage|number|amount|share|size|price|cost|rent|age|population|(?:\w+ )?version)|\bnumber of\b|\bwie ?(?:viele?n?|lange"
    r"|hoch|groß|alt|weit|oft|schwer|tief|breit|schnell|teuer)\b|\bсколько\b|\bкак (?:долго|далеко|часто)|多少|几[个名次位条种]"
    r"|多[长大高远久]|いくつ|何[人個回]|\bcombien\b|\bcuánt[oa]s?\b|\bquant[oiae]s?\b|\bhoeveel\b"
)
_PERSON = (
    r"\bwho(?:se|m)?\b|\bwe(?:r|m|n|ssen)\b|\bкто\b|\bк(?:ого|ому|ем)\b|\bчь[яиёе]\b|谁|哪位|誰|\bqui\b|\bquién(?:es)?\b|\bchi\b"
    r"|\bquem\b|\bwie (?:is|was|heeft|zijn)\b"
)
_PLACE = (
    r"\bwhere\b|\b(?:what|which|in what|in which) (?:city|country|town|place|state|room|street|region|village|county)\b|"
    r"\bwo(?:her|hin)?\b|\bгде\b|\bкуда\b|\bоткуда\b|哪里|哪儿|何处|在哪|どこ|\boù\b|\bdónde\b|\bdove\b|\bonde\b|\bwaar\b"
)
_YES_NO = (
    r"^\s*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must)\b|^\s*(?:ist|sind|war|waren|hat"
    r"|haben|hatte|kann|darf|muss|wird|gibt es)\b|吗[？?]?\s*$|ですか|\bли\b|^\s*est-ce"
)
_KINDS = (
    (AnswerKind.YES_NO, _YES_NO),
    (AnswerKind.TIME, _TIME),
    (AnswerKind.AMOUNT, _AMOUNT),
    (AnswerKind.PERSON, _PERSON),
    (AnswerKind.PLACE, _PLACE),
)


_NOUN = re.compile(
    r"^\W*(?:in |at |on |for |during |by )?(?:what|which|how many|how much)\s+"
    r"(?:(?:kind|type|sort|name|specific|number|amount|percentage|percent|exact|new|main|other|additional)s?\s+"
    r"(?:of\s+)?(?:the\s+)?)*([\w-]+(?:\s+[\w-]+)?)",
    re.IGNORECASE,
)


def asked_noun(question: str) -> tuple[str, ...]:
    """Return the two words after an English "what" or "which", such as "colour" in "what colour is it", without stop words."""
    match = _NOUN.match(question)
    words = match[1].split() if match else []
    return tuple(word for word in words if word.lower() not in STOP_WORDS)


@lru_cache(maxsize=64)
def answer_kind(question: str) -> AnswerKind:
    """Return the first kind whose words the question has."""
    return next((kind for kind, words in _KINDS if re.search(words, question, re.IGNORECASE)), AnswerKind.OTHER)
