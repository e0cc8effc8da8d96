"""Keep a vector for every passage of a library, and find the passages whose vectors are near that of a question.

A vector belongs to a text, not to a place: a passage that moves to another file or comes back is not embedded again.
Which texts each file has is kept beside the vectors, so that only changed files are read again.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from filelock import FileLock, Timeout

from engine.atomic_files import only_writer, write_atomically
from engine.documents.identity import is_under
from engine.documents.passages import Passage
from engine.errors import LibraryError
from engine.index.catalogue import KnownFile
from engine.index.passage_index import PassageIndex
from engine.index.retriever import Retriever
from engine.meaning.similarity import SimilarPassages
from engine.meaning.vector_file import VectorFile, key_of

_FOLDER_NAME = 16  # first characters of a model's digest

Files = Mapping[str, KnownFile]
AsPassage = Callable[[str], str]
"""Turns a text into what the model reads of it."""


class Batch(NamedTuple):
    """Texts that have no vector yet, with their keys."""

    keys: list[int]
    texts: list[str]


class _FileKeys(msgspec.Struct, array_like=True, frozen=True):
    """The size and time of a file when it was read, and the keys of its passages in order, 8 bytes each."""

    size: int
    mtime_ns: int
    keys: bytes


class _Survey(NamedTuple):
    """What a survey read of each file, and the modification time in ns of the file in which that is stored."""

    files: dict[str, _FileKeys]
    written: int


@dataclass(frozen=True, slots=True)
class _Locations:
    """Where in the index the vectors belong: passage numbers, rows of vectors and indexes of `files`, all of a length.

    They are valid for one state of the index and of the vectors, and for what one survey read.
    """

    state: object
    surveyed: Mapping[str, _FileKeys]
    files: tuple[str, ...]
    numbers: "np.ndarray"
    rows: "np.ndarray"
    file_indexes: "np.ndarray"


class LibraryVectors:
    """The vectors of a library's passages by one embedding model, in a folder of their own."""

    def __init__(self, folder: Path, digest: str, as_passage: AsPassage = str) -> None:
        self._all = folder
        self._folder = folder / digest.removeprefix("sha256:")[:_FOLDER_NAME]
        self._as_passage = as_passage
        self._vectors = VectorFile(self._folder / "vectors")
        self._last_survey: _Survey | None = None  # replaced as a whole: a question reads it in another thread
        self._locations: _Locations | None = None

    # -- embedding ----------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer, across processes. Raises LibraryError while another session embeds."""
        hint = "both would embed the same passages"
        refusal = LibraryError("another session embeds the passages of this library", hint=hint)
        with only_writer(self._folder / ".lock", refusal):
            yield

    def survey(self, index: PassageIndex, files: Files, cancelled: Callable[[], bool]) -> tuple[int, int]:
        """Read the passages of changed files; return how many passages have a vector, and how many there are.

        May be called in any thread. A cancelled survey keeps nothing.
        """
        previous, surveyed = self._surveyed(), dict[str, _FileKeys]()
        for path, file in files.items():
            if cancelled():
                return 0, 0
            entry = previous.get(path)
            if entry is None or (entry.size, entry.mtime_ns) != (file.size, file.mtime_ns):
                keys = [key_of(text) for text in self._texts(index, path, range(file.passages))]
                entry = _FileKeys(file.size, file.mtime_ns, np.array(keys, "<u8").tobytes())
            surveyed[path] = entry
        if surveyed != previous:
            write_atomically(self._folder / "files", msgspec.msgpack.encode(surveyed))
            self._last_survey = _Survey(surveyed, (self._folder / "files").stat().st_mtime_ns)
        return self.count(), sum(len(keys) for keys in self._keys().values())

    def missing(self, index: PassageIndex, size: int) -> Iterator[Batch]:
        """Yield the texts without a vector, as of the last survey, in batches of at most `size`."""
        batch, pending = Batch([], []), set[int]()
        for path, keys in self._keys().items():
            positions = np.flatnonzero(self._vectors.rows(keys) < 0).tolist()
            texts = self._texts(index, path, positions) if positions else ()
            for key, text in ((key_of(text), text) for text in texts):
                if key not in pending:
                    pending.add(key)
                    batch.keys.append(key)
                    batch.texts.append(text)
                if len(batch.keys) == size:
                    yield batch
                    batch = Batch([], [])
        if batch.keys:
            yield batch

    def add(self, batch: Batch, vectors: "np.ndarray") -> None:
        """Keep the vectors of a batch. Raises StoreError."""
        self._vectors.add(batch.keys, vectors)

    def tidy(self) -> None:
        """Delete the vectors of texts that the library has no more, and those of other models; all are embedded.

        Those that another session writes stay.
        """
        keys = list(self._keys().values())
        self._vectors.keep(np.concatenate(keys) if keys else np.empty(0, np.uint64))
        for folder in self._all.glob("*"):
            if folder != self._folder:
                with suppress(Timeout, OSError), FileLock(folder / ".lock", timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)

    # -- asking -------------------------------------------------------------------------------------------

    def count(self) -> int:
        """Return the number of passages that have a vector, of those that the last survey read."""
        self._vectors.refresh()
        return sum(int((self._vectors.rows(keys) >= 0).sum()) for keys in self._keys().values())

    def similar(self, vector: "np.ndarray", retriever: Retriever) -> SimilarPassages | None:
        """Compare a question's vector with those of the retriever's passages; None if there are none to compare.

        Raises StoreError if the vectors cannot be read.
        """
        vectors = self._vectors.refreshed()
        locations = self._located(retriever.index, vectors)
        if not len(locations.rows) or len(vector) != vectors.dimension:
            return None
        rows, numbers = locations.rows, locations.numbers
        if retriever.scope:
            in_scope = [any(is_under(file, scope) for scope in retriever.scope) for file in locations.files]
            chosen = np.array(in_scope)[locations.file_indexes]
            rows, numbers = rows[chosen], numbers[chosen]
        if not len(rows):
            return None
        cosines = vectors.similarities(vector)

        def cosine_of(passage: Passage) -> float | None:
            row = int(vectors.rows(np.array([self._key(passage)], np.uint64))[0])
            return float(cosines[row]) if row >= 0 else None

        return SimilarPassages(numbers, cosines[rows], cosine_of)

    def _located(self, index: PassageIndex, vectors: VectorFile) -> _Locations:
        """Return where the vectors belong in the present state of the index: a search for each file."""
        state, surveyed, locations = (index.generation, vectors.version), self._surveyed(), self._locations
        if locations is None or locations.state != state or locations.surveyed is not surveyed:
            numbers, rows, indexes = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
            for position, (path, keys) in enumerate(_keys_of(surveyed).items()):
                present = np.array(index.under(path, len(keys) + 1), np.int64)
                embedded = vectors.rows(keys)
                if len(present) == len(keys) and (embedded >= 0).any():
                    numbers.append(present[embedded >= 0])
                    rows.append(embedded[embedded >= 0])
                    indexes.append(np.full(len(rows[-1]), position))
            arrays = (np.concatenate(parts) for parts in (numbers, rows, indexes))
            self._locations = locations = _Locations(state, surveyed, tuple(surveyed), *arrays)
        return locations

    # -- files --------------------------------------------------------------------------------------------

    def _surveyed(self) -> dict[str, _FileKeys]:
        """Return what the last survey read; nothing if that is lost or damaged."""
        path, written = self._folder / "files", 0
        with suppress(OSError):
            written = path.stat().st_mtime_ns  # another process may have surveyed the library again
        survey = self._last_survey
        if survey is None or written != survey.written:
            files = dict[str, _FileKeys]()
            with suppress(OSError, msgspec.MsgspecError):
                files = msgspec.msgpack.decode(path.read_bytes(), type=dict[str, _FileKeys])
            self._last_survey = survey = _Survey(files, written)
        return survey.files

    def _keys(self) -> dict[str, "np.ndarray"]:
        return _keys_of(self._surveyed())

    def _texts(self, index: PassageIndex, path: str, positions: Sequence[int]) -> Iterator[str]:
        """Yield what is embedded of the passages at these positions of a file."""
        if positions:
            yield from (self._text(indexed.passage) for indexed in index.some_under(path, positions))

    def _text(self, passage: Passage) -> str:
        return self._as_passage("\n".join(filter(None, (passage.title, passage.heading, passage.text))))

    def _key(self, passage: Passage) -> int:
        return key_of(self._text(passage))


def _keys_of(surveyed: Mapping[str, _FileKeys]) -> dict[str, "np.ndarray"]:
    return {path: np.frombuffer(file.keys, "<u8") for path, file in surveyed.items()}
