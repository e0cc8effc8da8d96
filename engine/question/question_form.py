"""Tell the form of a question: whether it denies something, asks for all of a kind, for steps, about a topic, or two things."""

import re
from typing import NamedTuple

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|lacks?|except|nicht|kein\w*|nie|ohne|niemand|"
    r"не|нет|без|никогда|ни|pas|sans|aucune?|jamais|sin|ningún|ninguna?|nunca|senza|non|nessun\w*|niet|geen|zonder)\b"
    r"|n[\u2019']t\b|没有?|不|無|无|ない|ません",
    re.IGNORECASE,
)
_SINGULAR = r"(?:\w*ss|\w*us|\w*is|series|news|species)\b"
_LIST = re.compile(
    rf"^\W*(?:list\b|name (?:all|the|every)\b|(?:which|what) (?!{_SINGULAR})(?:\w+ )?\w+s (?:are|were|do|have|had|can|did|"
    r"will|need|use|got)\b|(?:what|which|who) are (?:all )?(?:the )|how many (?:different )?\w+s (?:are|do|have|were)\b"
    r"|welche \w+ (?:sind|haben|waren|hatten|können|brauchen)\b|nenne\b|zähle\b|wie viele \w+ (?:sind|haben|gibt|waren)\b"
    r"|перечисли|какие\b)|\ball (?:the |of )",
    re.IGNORECASE,
)
_PROCEDURE = re.compile(
    r"^\W*(?:how (?:do|can|to|should|would|does one)\b|what (?:are the )?steps\b|steps to\b|wie (?:kann|mache|muss|geht|wird)\b"
    r"|как (?:мне |можно )?\w+ть\b|如何|怎么|怎样)",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"^\W*(?:tell me (?:all |more |everything )?about|what (?:do (?:we|you|i) know|is known|is there|do my \w+ say) about|"
    r"(?:give|write)(?: me)? (?:an? )?(?:overview|summary) (?:of|about)|summari[sz]e|describe|everything about|"
    r"erzähl\w* (?:mir )?(?:etwas |alles )?(?:über|von)|was wei(?:ß|ss)t? du über|расскажи (?:мне )?о|介绍)",
    re.IGNORECASE,
)

_DOCUMENTS = (
    r"(?:(?:all|this|these|my|our|the|those|your) )+(?:whole |entire )?(?:library|vault|documents?|notes?|files?|folders?|archive|collection|"
    r"corpus|papers|e?-?mails|code|texts?|book|books|everything)"
)
_DOKUMENTE = (
    r"(?:(?:alle[nr]?|diese[nmrs]?|meine[nmrs]?|unsere[nmrs]?|die|der|den|dem|das) )+(?:ganzen? )?(?:bibliothek|sammlung|"
    r"dokumenten?|notizen|dateien|ordner|archiv|unterlagen|texten?|buch|bücher)"
)
_OVERVIEW = re.compile(
    rf"\W*(?:what(?: is|'s|\u2019s| are) (?:{_DOCUMENTS}|this|it all|here)(?: all)? about"
    rf"|what(?: is|'s|\u2019s| are)? (?:there )?in {_DOCUMENTS}|what do(?:es)? {_DOCUMENTS} (?:cover|contain|deal with|talk about)"
    r"|(?:what|which) (?:are the )?(?:main )?(?:topics|subjects|themes)(?: are (?:there|covered|here))?(?: (?:of|in) "
    rf"{_DOCUMENTS})?|(?:please )?(?:(?:give|show) me )?(?:an? )?(?:short |brief )?(?:overview|summary)(?: of {_DOCUMENTS})?"
    rf"|(?:please )?summari[sz]e {_DOCUMENTS}"
    rf"|worum geht(?: es|'s|s)(?: (?:hier|in {_DOKUMENTE}))?(?: überhaupt)?|wovon handel[nt]? {_DOKUMENTE}|was steht in {_DOKUMENTE}"
    rf"|(?:bitte )?(?:(?:gib|zeig)e? mir (?:bitte )?)?(?:einen?|den|die)? ?(?:kurzen? )?(?:überblick|übersicht|zusammenfassung)(?: (?:über|von) {_DOKUMENTE})?"
    r"|de quoi (?:s'agit-il|parlent? (?:cette|ces|mes|ce) [^\W\d]+)|de qué tratan? (?:esta|este|estos|estas|mis) [^\W\d]+"
    r"|о ч[её]м (?:эта|этот|эти|мои) [^\W\d]+)(?: please| bitte)?\W*",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:summar|discuss|descri|explain|why\b|how (?:did|do|does|can|to)\b|think\b|thought|opinion|erklär|beschreib|warum\b"
    r"|wieso\b|wie (?:kann|geht|hat|haben)\b|meinung|pourquoi\b|comment\b|décri|expliqu|por qué|cómo|describ|explica"
    r"|почему|зачем|объясни|опиши|как )|为什么|如何|怎么|怎样|解释|描述|なぜ|どう",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"\b(?:and|und|et|y|e|и)\s+(?:who|what|when|where|which|how|why|w(?:er|as|ann|o|ie|arum|elche\w*)|кто|что|когда|где|как)\b",
    re.IGNORECASE,
)


class QuestionForm(NamedTuple):
    """What the wording of a question asks for."""

    denies: bool = False
    lists: bool = False
    has_steps: bool = False
    is_topic: bool = False
    has_parts: bool = False


def question_form(question: str) -> QuestionForm:
    """Return the form of a question, by its words in the languages that the most libraries are in."""
    return QuestionForm(
        is_negated(question),
        bool(_LIST.search(question)),
        bool(_PROCEDURE.search(question)),
        bool(_TOPIC.search(question)),
        bool(_PARTS.search(question)),
    )


def asks_about_library(question: str) -> bool:
    """Tell whether a question asks what the library as a whole is about, and not about a thing in it."""
    return bool(_OVERVIEW.fullmatch(question.strip()))


def asks_openly(question: str) -> bool:
    """Tell whether a question asks for an account, a reason or a way, and not for a fact."""
    return bool(_OPEN.search(question))


def is_negated(text: str) -> bool:
    """Tell whether a text has a word of negation."""
    return bool(_NEGATION.search(text))


def negations(text: str) -> int:
    """Count the words of negation in a text."""
    return len(_NEGATION.findall(text))
