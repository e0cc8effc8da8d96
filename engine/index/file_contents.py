"""Read what the index holds of one file: its passages, and the names by which a walk can leave them."""

from collections import Counter
from dataclasses import dataclass
from itertools import dropwhile

from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.passage_index import PassageIndex
from engine.text.words import STOP_WORDS

MOST_PASSAGES = 500


@dataclass(frozen=True, slots=True)
class NameInFile:
    """The key of a name, and how many passages mention it in the file and in the library, or have it as title."""

    key: str
    in_file: int
    in_library: int
    titled: int


@dataclass(frozen=True, slots=True)
class FileContents:
    """The passages of a file in its order, and its names, those first that most passages of the library mention."""

    passages: tuple[Passage, ...]
    names: tuple[NameInFile, ...]


def contents_of(index: PassageIndex, path: str) -> FileContents:
    """Read the first `MOST_PASSAGES` passages of a file and count their names.

    Only whole runs of capitalised words are listed, without stop words in front; a walk also follows parts of them.
    """
    opened = [index.open(number) for number in index.under(path, MOST_PASSAGES)]
    passages = sorted((entry.passage for entry in opened), key=lambda passage: (passage.source, passage.start))
    in_file = Counter(name for entry in opened for name in _whole_names(entry))
    counts = zip(in_file, index.name_frequencies(in_file), strict=True)
    names = [NameInFile(key, in_file[key], in_library, titled) for key, (in_library, titled) in counts]
    return FileContents(tuple(passages), tuple(sorted(names, key=lambda name: (-name.in_library, name.key))))


def _whole_names(opened: IndexedPassage) -> set[str]:
    """Return the names that are whole runs, without stop words in front."""
    runs = (key for key, spans in opened.mentions if any(share == 1 for _, _, share in spans))
    names = (" ".join(dropwhile(STOP_WORDS.__contains__, run.split())) for run in runs)
    return {name for name in names if name}
