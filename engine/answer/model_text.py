# ruff: noqa: E501, RUF001 - words of several languages
"""Read what a model wrote: its statements with the numbers that they cite, whatever marks the model uses.

Models write `[2]`, `[^2]`, `[Quotation 2]`, `【2】` or `(2)`, leave brackets open, put marks on a line of their own and
thoughts into the text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.text.safe import one_line
from engine.text.sentences import sentence_spans

_THOUGHT = re.compile(r"<(think(?:ing)?|thoughts?|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_END_OF_THOUGHT = re.compile(r"\A.*</(?:think(?:ing)?|thoughts?|reasoning)>", re.DOTALL | re.IGNORECASE)
_KIND = r"(?:(?:quotation|quote|source|passage|citation|reference|ref|zitat|quelle)s?\.?\s*|[#\u2116]\s*)"
_NUMBERS = rf"{_KIND}?\d{{1,9}}(?:\s*(?:[,;&\u2013-]|and)\s*{_KIND}?\d{{1,9}})*"
_ANY_MARK = re.compile(
    rf"[\[\u3010]\^?\s*(?P<whole>{_NUMBERS})\s*(?:\u2020[^\]\u3011]*)?\^?[\]\u3011]"
    rf"|\((?P<named>{_KIND}\d{{1,9}}(?:\s*(?:[,;&]|and)\s*{_KIND}?\d{{1,9}})*)\)"
    r"|(?<=[^\W\d])\s*\((?P<round>\d{1,2})\)(?=\s*(?:[.!?,;\u3002(\[]|$))"
    r"|\[\^?(?P<unclosed>\d{1,2})(?=\s*(?:[.!?]|$))"
    r"|(?<=[\s.])(?P<unopened>\d{1,2})\](?=[\s.!?]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_RANGE = re.compile(r"(\d{1,3})\s*[\u2013-]\s*(\d{1,3})")
_LONGEST_RANGE = 9
_MARKS = r"(?:[^\S\n]*\[\d[\d,]*\])+"
_AFTER_STOP = re.compile(rf"([.!?\u3002\uff01\uff1f])({_MARKS})")
_OWN_LINE = re.compile(rf"([.!?\u3002\uff01\uff1f]?)[ \t]*\n\s*((?:{_MARKS}[^\S\n]*\n?\s*)+)(?=\n|\Z)")
_MARK = re.compile(r"\s*\[(\d[\d,\s]*)\]")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t].*$", re.MULTILINE)
_LABEL = re.compile(
    r"^[ \t]*\**(?:short |final )?(?:answer|support|explanation|antwort|ответ|答案|回答)\**[ \t]*[:\uff1a]\**[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_ITEM = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|[-*\u2022])[ \t]+", re.MULTILINE)
_YES_NO = re.compile(
    r"[*_]{0,2}(?:yes|no|ja|nein|oui|non|sí|si|sì|да|нет|是的?|不是|否|对|不)(?:[*_]{0,2}\s*[.,;:!\u3002\uff0c\u2014-]+[*_]{0,2}|[*_]{0,2}$)\s*",
    re.IGNORECASE,
)
_PAIRED = ("**", "__", "`")

_HAVE_NOT = (
    r"(?:do(?:es)?(?: not|n[\u2019']t)|did(?: not|n[\u2019']t)|can ?not|can[\u2019']t)\s+(?:\w+\s+){0,2}"
    r"(?:say|state|mention|contain|specif\w+|tell|provide|include|give|indicate|answer|hold|name|reveal|list|show"
    r"|describe|have|address|identify|clarify|explain|offer|discuss)"
)
_TEXTS = r"(?:quotations?|quotes?|passages?|sources?|library|texts?|documents?|evidence|context|information|materials?)"
_DECLINING = re.compile(
    rf"\b{_TEXTS}(?:\s+\w+){{0,4}}\s+{_HAVE_NOT}\b"
    r"|\b(?:there is|there's|i (?:have|found|find)) no (?:information|mention|answer|evidence|data|details?)\b"
    rf"|\bno (?:information|mention|answer|{_TEXTS})\b.*\b(?:given|provided|available|found|mentions?|says?|states?|in the)\b"
    r"|\bi (?:do not|don[\u2019']t|can ?not|can[\u2019']t|am unable to|could not) "
    r"(?:know|find|answer|determine|tell|say)\b"
    rf"|\b(?:not|n[\u2019']t) (?:\w+ )?(?:mentioned|stated|specified|provided|given|found|answered|said|named)"
    rf" (?:in|by) (?:the|your|these|this|any)(?: \w+)? {_TEXTS}\b"
    r"|\b(?:bibliothek|quellen?|zitate?|texte?|textstellen?|passagen?|dokumente?)\b.{0,30}\b(?:sag|nenn|enth|erwähn|geb|gib)"
    r"\w*\b.{0,40}\b(?:nicht|kein\w*)\b"
    r"|\bне (?:сказано|указано|упоминается|упомянуто|говорится)\b"
    r"|(?:没有|未|并未)(?:提到|说明|提及|提供|给出|回答|说)",
    re.IGNORECASE,
)


class Statement(NamedTuple):
    """A sentence that a model wrote, without its marks, and the numbers that it cites.

    `reply` is the "Yes." or "No." before it, as written; the text is empty if nothing follows. `is_item`: it begins an
    item of a list.
    """

    text: str
    cited: tuple[int, ...] = ()
    reply: str = ""
    is_item: bool = False

    @property
    def declines(self) -> bool:
        """Whether it says that the sources do not tell."""
        return bool(_DECLINING.search(self.text))


def statements_of(text: str) -> list[Statement]:
    """Return the statements of a model's text, in order."""
    statements: list[Statement] = []
    joined = _with_joined_marks(without_thoughts(text))
    for start, end in sentence_spans(joined):
        statement = _statement(joined[start:end])
        if statement and statements and statements[-1].reply and not statements[-1].text:
            first = statements.pop()
            cited = tuple(dict.fromkeys((*first.cited, *statement.cited)))
            statement = statement._replace(cited=cited, reply=first.reply, is_item=first.is_item)
        if statement:
            statements.append(statement)
    return statements


def without_thoughts(text: str) -> str:
    """Return the text after the thoughts of a model, whose beginning its template may have written."""
    return _END_OF_THOUGHT.sub("", _THOUGHT.sub("", text))


def without_marks(text: str) -> str:
    """Remove everything that looks like a mark `[n]`: sources may contain such marks themselves."""
    while (bare := _MARK.sub("", text)) != text:
        text = bare
    return text


def _with_joined_marks(text: str) -> str:
    """Return the text with marks of the form `[1,2]` before the end of their sentence, and without headings."""
    text = _ITEM.sub("- ", _LABEL.sub("", _HEADING.sub("", text)))
    text = _ANY_MARK.sub(_canonical, text)
    text = _OWN_LINE.sub(lambda match: f"{''.join(match[2].split())}{match[1]}\n", text)
    return _AFTER_STOP.sub(r"\2\1", text)


def _canonical(match: re.Match[str]) -> str:
    numbers = next(filter(None, match.groups()))
    return f" [{','.join(_numbers_of(numbers))}]"


def _numbers_of(numbers: str) -> Iterator[str]:
    """Yield the numbers of a mark; a short range counts as all of its numbers."""
    for part in re.split(r"[,;&]|and", numbers):
        span = _RANGE.search(part)
        if span and 0 <= int(span[2]) - int(span[1]) <= _LONGEST_RANGE:
            yield from map(str, range(int(span[1]), int(span[2]) + 1))
        else:
            yield from re.findall(r"\d+", part)


def _statement(sentence: str) -> Statement | None:
    cited = [int(n) for mark in _MARK.findall(sentence) for n in re.findall(r"\d{1,9}", mark)]
    bare = one_line(without_marks(sentence))
    is_item = bare.startswith("- ")
    bare = _balanced(bare.removeprefix("- ").strip(" -\u2022"))
    reply = _YES_NO.match(bare)
    text = bare[reply.end() :] if reply else bare
    text = text if any(map(str.isalnum, text)) else ""
    if not text and not reply:
        return None
    return Statement(text, tuple(dict.fromkeys(cited)), reply[0].strip() if reply else "", is_item)


def _balanced(text: str) -> str:
    """Return the text without signs of emphasis that have no partner."""
    for sign in _PAIRED:
        if text.count(sign) % 2:
            text = text.replace(sign, "")
    return "" if text.strip("* ") == "" else text
