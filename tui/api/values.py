"""The values that a program gets: plain frozen dataclasses, of which the JSON schemas of both servers are made.

They have no slots: the package mcp would take the descriptors of slots for the defaults of fields.
"""

from dataclasses import dataclass, field
from typing import Any

from engine.events import Citation, PersonaTransitioned


@dataclass(frozen=True)
class Answer:
    """The answer of a run; `[n]` in `answer` refers to the citation with that number.

    `read_as` is the complete question that a follow-up was read as, else empty. `is_unanswered`: the library does not
    say. `uncovered` are words of the question of which nothing is quoted. `model` is empty if no model wrote.
    `degraded` says what the run went without. `nearest` are the passages that come nearest to the question where the
    library does not say.
    """

    run_id: str
    question: str
    answer: str
    is_unanswered: bool
    citations: tuple[Citation, ...]
    read_as: str = ""
    uncovered: tuple[str, ...] = ()
    model: str = ""
    degraded: tuple[str, ...] = ()
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class LibraryPassage:
    """A passage of the library: `text` is characters `start` to `end` (excluded) of the text of `source`.

    `heading` is that of its section, `page` its page (0: it has none), `location` a place of another kind, such as a
    row or a time. `score` is that of BM25, 0 for a passage that was not searched for.
    """

    id: str
    source: str
    title: str
    heading: str
    page: int
    location: str
    start: int
    end: int
    text: str
    score: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """The best passages for a question, best first: the fields of `engine.documents.passages.Passage`."""

    passages: list[dict[str, Any]]


@dataclass(frozen=True)
class WholeSource:
    """The text of a source, whole or a part of it; `length` is that of all of it.

    `form` names the form that it was made of, `problem` says why there is no text.
    """

    text: str
    form: str = ""
    problem: str = ""
    length: int = 0


@dataclass(frozen=True)
class CitedSource:
    """A citation in the text of its source as it is now.

    `state` is `exact`, `moved` (the same words elsewhere), `changed` (they are not there any more) or `unreadable`,
    and then `problem` says why. `text` is characters `start` to `end` of the source: the cited words, or nothing if
    they changed; `preceding` and `following` is the text around them.
    """

    citation: Citation
    state: str
    start: int = 0
    end: int = 0
    preceding: str = ""
    text: str = ""
    following: str = ""
    problem: str = ""


@dataclass(frozen=True)
class LibraryRoot:
    """A folder or file of the library, with its numbers of files and passages."""

    path: str
    files: int
    passages: int


@dataclass(frozen=True)
class UnreadFile:
    """A file that was not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class LibraryContents:
    """What questions are asked of: its `name`, its folders and files, and how many files could not be read.

    `unread` names the first of them. `others` are the addresses of libraries on other machines.
    """

    name: str
    roots: tuple[LibraryRoot, ...]
    unread_files: int = 0
    unread: tuple[UnreadFile, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonaSummary:
    """A persona and what it earned: `mean` of its rewards in [0, 1] over `samples`; `traits` are 1 to 9."""

    persona_id: str
    state: str
    name: str
    description: str
    expertise: tuple[str, ...]
    traits: dict[str, int]
    samples: int
    mean: float


@dataclass(frozen=True)
class Judged:
    """The effect of a judgement: the mean reward of each persona after it, and the changes of state."""

    run_id: str
    citation: int | None
    liked: bool
    means: dict[str, float] = field(default_factory=dict)
    transitions: tuple[PersonaTransitioned, ...] = ()


@dataclass(frozen=True)
class RunRecord:
    """A run of the history: its summary, and the whole `result` as `history show --json` prints it."""

    run_id: str
    at: str
    outcome: str
    result: dict[str, Any]
