"""The persona files of a workspace: one folder per state, one file per persona."""

import time
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from db.personas.files import file_name, load_persona_from_file, move_persona_to_folder
from engine.atomic_files import store_errors, write_atomically
from engine.errors import PersonaError
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry, persona_to_json
from engine.personas.roster import with_performance
from engine.text.safe import one_line

_Signature = tuple[int, int, int]
_TICK_NS = 50_000_000  # time stamps of files are coarse: a younger file may change without a new signature


class FolderContents(NamedTuple):
    """The personas of all folders by id, and the problem of each file that is not a valid persona."""

    entries: dict[str, RosterEntry]
    problems: dict[Path, str]

    def find(self, persona_id: str) -> RosterEntry:
        """The entry with this id; raises PersonaError with the problem of its file, or with the nearest id."""
        name = file_name(persona_id)
        if persona_id in self.entries:
            return self.entries[persona_id]
        for path, problem in self.problems.items():
            if path.name == name:
                raise PersonaError(one_line(problem))
        near = get_close_matches(persona_id, self.entries, n=1, cutoff=0.0)
        raise PersonaError(f"there is no persona {persona_id!r}", hint=f"did you mean {near[0]!r}?" if near else "")


class PersonaFolders:
    """Reads, saves and moves persona files; a file is parsed again only after it changed.

    Callers hold the workspace's lock.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parsed: dict[Path, tuple[_Signature, Persona]] = {}

    def scan(self) -> FolderContents:
        """Read all folders. Raises StoreError if the disk refuses."""
        contents = FolderContents({}, {})
        files = self._files()
        for name, ((path, state), *duplicates) in files.items():
            try:
                contents.entries[name] = RosterEntry(self._load(path, duplicates), state)
            except PersonaError as error:
                contents.problems[path] = str(error)
        for removed in self._parsed.keys() - {path for copies in files.values() for path, _ in copies}:
            del self._parsed[removed]
        return contents

    def path(self, persona_id: str, state: PersonaState) -> Path:
        """The file of a persona in this state, whether it exists or not."""
        return self._root / state / file_name(persona_id)

    def free_path(self, persona_id: str, state: PersonaState) -> Path:
        """The file of a new persona in this state. Raises PersonaError if its id is used, in whatever state."""
        for other in PersonaState:
            if self.path(persona_id, other).exists():
                raise PersonaError(f"{persona_id} is {other} already", hint="choose another persona_id")
        return self.path(persona_id, state)

    def move(self, persona_id: str, old_state: PersonaState, new_state: PersonaState) -> None:
        """Move a persona's file to the folder of its new state."""
        move_persona_to_folder(persona_id, self._root / old_state, self._root / new_state)

    def save(self, persona: Persona, state: PersonaState) -> None:
        """Write a persona that was checked before (`db.personas.files.checked_persona`)."""
        write_atomically(self.path(persona.persona_id, state), persona_to_json(persona).encode())

    def save_performance(self, entry: RosterEntry, performance: PersonaPerformance) -> None:
        """Write a persona with another performance."""
        self.save(with_performance(entry.persona, performance), entry.state)

    def correct(
        self, contents: FolderContents, states: Mapping[str, PersonaState], corrected: Callable[[Persona], Persona]
    ) -> None:
        """Save each persona as `corrected` returns it, and move it to its state."""
        for name in states.keys() & contents.entries.keys():
            entry = contents.entries[name]
            if (persona := corrected(entry.persona)) != entry.persona:
                self.save(persona, entry.state)
            if entry.state is not states[name]:
                self.move(name, entry.state, states[name])

    def _files(self) -> dict[str, list[tuple[Path, PersonaState]]]:
        """All files of each id; more than one is an error."""
        files: dict[str, list[tuple[Path, PersonaState]]] = {}
        for state in PersonaState:
            folder = self._root / state
            with store_errors(folder):
                for path in sorted(folder.glob("[!.]*.json")):
                    files.setdefault(path.stem, []).append((path, state))
        return files

    def _load(self, path: Path, duplicates: Sequence[tuple[Path, PersonaState]]) -> Persona:
        if duplicates:
            raise PersonaError(f"{path}: is in the folder {duplicates[0][1]} too", hint="remove one of the two files")
        signature = _signature(path)
        cached = self._parsed.get(path)
        if cached is not None and cached[0] == signature:
            return cached[1]
        persona = load_persona_from_file(path)
        if persona.persona_id != path.stem:
            raise PersonaError(f"{path}: holds {persona.persona_id!r}", hint="name the file after its persona_id")
        if time.time_ns() - signature[0] > _TICK_NS:
            self._parsed[path] = signature, persona
        return persona


def _signature(path: Path) -> _Signature:
    """Time of change, size and inode: another value whenever the file was written."""
    with store_errors(path):
        status = path.lstat()
    return status.st_mtime_ns, status.st_size, status.st_ino
