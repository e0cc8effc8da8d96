"""What the index holds of one file: its passages, and the names by which a walk leads on from them."""

from collections import Counter
from dataclasses import dataclass
from itertools import dropwhile

from engine.documents.passages import Passage
from engine.index.retriever import OpenedPassage
from engine.index.search_index import SearchIndex
from engine.text.words import STOP_WORDS

MOST_PASSAGES = 500


@dataclass(frozen=True, slots=True)
class NameInFile:
    """A name by its key: how many passages mention it `here` and `everywhere`, and how many it is the title of."""

    key: str
    here: int
    everywhere: int
    titled: int


@dataclass(frozen=True, slots=True)
class FileContents:
    """The passages of a file in its order, and its names, those first that most passages of the library mention."""

    passages: tuple[Passage, ...]
    names: tuple[NameInFile, ...]


def contents_of(index: SearchIndex, path: str) -> FileContents:
    """Read the first `MOST_PASSAGES` passages of a file and count their names.

    A name is a whole run of capitalised words but for a `There` in front; its parts, by which a walk finds its way
    too, are not listed.
    """
    opened = [index.open(number) for number in index.under(path, MOST_PASSAGES)]
    passages = sorted((found.passage for found in opened), key=lambda passage: (passage.source, passage.start))
    here = Counter(name for found in opened for name in _whole_names(found))
    counts = zip(here, index.known(here), strict=True)
    names = [NameInFile(key, here[key], everywhere, titled) for key, (everywhere, titled) in counts]
    return FileContents(tuple(passages), tuple(sorted(names, key=lambda name: (-name.everywhere, name.key))))


def _whole_names(opened: OpenedPassage) -> set[str]:
    runs = (key for key, spans in opened.mentions if any(share == 1 for _, _, share in spans))
    names = (" ".join(dropwhile(STOP_WORDS.__contains__, run.split())) for run in runs)
    return {name for name in names if name}
