"""All personas of a workspace: files in one folder per state, with a ledger of every change.

The ledger is written first, then the files, so a crash in between loses nothing: `verify` tells where the
files are behind, and `repair` brings them up to the ledger. A mark stands beside the ledger meanwhile, so
that the next start knows that it has to.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from db.locks import exclusive
from db.personas.files import (
    checked_persona,
    file_name,
    load_persona_from_file,
    move_persona_to_folder,
    save_persona_to_file,
)
from db.personas.ledger import Ledger
from db.personas.ledger_entries import BY_HAND, Added, Edited, Feedback, Rewards, Transition, Undone, now
from db.personas.ledger_rules import experiences, performances, undoable
from db.personas.reconcile import Told, undoing
from db.workspace import Workspace
from engine.atomic_files import store_errors, write_atomically
from engine.errors import InputError, PersonaError, StoreError
from engine.events import PersonaTransitioned
from engine.personas.experience import REMEMBERED, Experience
from engine.personas.lifecycle import state_after
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import (
    Persona,
    PersonaState,
    RosterEntry,
    content_of,
    edited,
    persona_to_json,
    with_content,
)
from engine.personas.roster import Births, Verdict, performance_of, require_rewards, with_performance
from engine.personas.traits import walk_parameters
from engine.run.feedback import WEIGHT, Judgement

_Signature = tuple[int, int, int]
_TICK_NS = 50_000_000  # a file as young as this could change again and look the same: the clock of files ticks slowly


class _Found(NamedTuple):
    """What the folders hold: the personas by id, and by file what is wrong with those that are none."""

    entries: dict[str, RosterEntry]
    problems: dict[Path, str]


class FolderRoster:
    """The roster (`engine.personas.roster.Roster`) kept in a workspace's folders; threads and processes may share it.

    `recovered` tells what a crash had left behind the ledger and was brought up to it at the opening.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.ledger = Ledger(workspace.ledger)
        self._parsed: dict[Path, tuple[_Signature, Persona]] = {}
        self._recorded: set[str] = set()
        self._mark = workspace.ledger.with_name(".unfinished")
        self.recovered: list[str] = []
        with exclusive(workspace.lock):
            self._seen()
            if self._mark.exists():
                self.recovered = self.repair()
                self._mark.unlink(missing_ok=True)

    def entries(self) -> Sequence[RosterEntry]:
        """Every persona that can be read, ordered by id."""
        with exclusive(self._workspace.lock):
            return [entry for _, entry in sorted(self._scan().entries.items())]

    def problems(self) -> list[str]:
        """One line for each file that cannot be read as a persona, without control characters."""
        with exclusive(self._workspace.lock):
            return [_one_line(problem) for problem in self._scan().problems.values()]

    def find(self, persona_id: str) -> RosterEntry:
        """The persona with this id; raises PersonaError with the nearest one there is."""
        with exclusive(self._workspace.lock):
            return _pick(self._scan(), persona_id)

    def change(self, persona_id: str, verdict: Verdict, *, rule: str, decided_by: str) -> PersonaTransitioned:
        """Carry out a verdict and record it; `Verdict.KEEP` changes and records nothing.

        A restored persona starts afresh: what it earned before stands in the ledger and no longer counts.
        Raises PersonaError if it cannot apply, with nothing changed; StoreError if the disk refuses.
        """
        with exclusive(self._workspace.lock):
            found = self._seen()
            entry = _pick(found, persona_id)
            before, after = entry.state, state_after(entry, verdict)
            if after is not before:
                figures, afresh = performance_of(entry.persona), verdict is Verdict.RESTORE
                with self._marked():
                    self.ledger.append(Transition(now(), persona_id, before, after, rule, decided_by, figures, afresh))
                    self._move(persona_id, before, after)
                    if afresh:
                        self._save_performance(RosterEntry(entry.persona, after), PersonaPerformance())
        return PersonaTransitioned(persona_id, before, after, rule, decided_by)

    def record_rewards(self, run_id: str, rewards: Mapping[str, float], context: tuple[float, ...] = ()) -> None:
        """Add one reward in [0, 1] to each named persona's historical performance; one ledger line for all.

        Raises PersonaError for an unknown persona and ValueError for a reward outside [0, 1], with nothing
        changed. A crash leaves the files without (some of) this run's rewards, which `verify` tells.
        """
        require_rewards(rewards)
        if not rewards:
            return
        with exclusive(self._workspace.lock):
            found = self._seen()
            paid = [(_pick(found, name), float(reward)) for name, reward in rewards.items()]
            owed = {entry.persona.persona_id: reward for entry, reward in paid}
            with self._marked():
                self.ledger.append(Rewards(now(), run_id, owed, context))
                for entry, reward in paid:
                    self._save_performance(entry, performance_of(entry.persona).with_reward(reward))

    def record_feedback(self, judgement: Judgement) -> dict[str, tuple[float, float]]:
        """Add what a judgement is worth, as `engine.run.feedback.WEIGHT` samples each; the means before and after.

        A judgement of something that was judged otherwise before replaces that; the ledger keeps both lines.
        Raises InputError if the same was said already or no persona of the run is left, with nothing changed.
        """
        require_rewards(judgement.rewards)
        with exclusive(self._workspace.lock):
            found = self._seen()
            rewards = {name: reward for name, reward in judgement.rewards.items() if name in found.entries}
            if not rewards:
                raise InputError(f"no persona of run {judgement.run_id} is left", hint="judge a newer answer")
            earlier = self.ledger.judgements().get(judgement.run_id, {}).get(judgement.citation)
            if earlier is not None and earlier.liked is judgement.liked:
                raise InputError(f"{judgement.subject} was judged so already", hint="the opposite would replace it")
            touched = found.entries.keys() & {*rewards, *(earlier.rewards if earlier else ())}
            before = {name: performance_of(found.entries[name].persona) for name in sorted(touched)}
            with self._marked():
                self.ledger.append(
                    Feedback(now(), judgement.run_id, judgement.citation, judgement.liked, rewards, judgement.context)
                )
                after = (
                    performances(self.ledger.entries())
                    if earlier
                    else {name: before[name].with_reward(reward, WEIGHT) for name, reward in rewards.items()}
                )
                for name in before:
                    self._save_performance(found.entries[name], after[name])
        return {name: (figures.mean, after[name].mean) for name, figures in before.items()}

    def add(
        self, persona: Persona, state: PersonaState = PersonaState.EXPERIMENTAL, *, decided_by: str = "user"
    ) -> RosterEntry:
        """A new persona in `state`; raises PersonaError if its id is taken or its file would not be valid.

        StoreError if the disk refuses, and then nothing was added.
        """
        with exclusive(self._workspace.lock):
            self._seen()
            for taken in (folder for folder in PersonaState if self._path(persona.persona_id, folder).exists()):
                raise PersonaError(f"{persona.persona_id} is {taken} already", hint="choose another persona_id")
            save_persona_to_file(persona, path := self._path(persona.persona_id, state))
            try:
                self._record(persona, state, decided_by)
            except StoreError:  # it was told that nothing was added
                path.unlink(missing_ok=True)
                raise
        return RosterEntry(persona, state)

    def experiences(self) -> Sequence[Experience]:
        """The latest rewards and judgements with the features of their questions, oldest first."""
        with exclusive(self._workspace.lock):
            return experiences(self.ledger.latest(REMEMBERED))

    def births(self) -> Births:
        """How many children the ledger tells of, and in how many runs rewards were paid since the last one."""
        with exclusive(self._workspace.lock):
            return self.ledger.births()

    def edit(self, persona: Persona, *, afresh: bool | None = None, decided_by: str = BY_HAND) -> RosterEntry:
        """Replace a persona's traits and texts, and record it; nothing is recorded if they are the same.

        With `afresh` what it earned no longer counts; by default that is so if it walks otherwise than before, for
        then it is another walker. Raises PersonaError, with nothing changed; StoreError if the disk refuses.
        """
        with exclusive(self._workspace.lock):
            before = _pick(self._seen(), persona.persona_id)
            wanted = edited(before.persona, persona)
            contents = content_of(before.persona), content_of(wanted)
            if contents[0] == contents[1]:
                return before
            if afresh is None:
                afresh = walk_parameters(wanted) != walk_parameters(before.persona)
            figures = performance_of(before.persona)
            entry = RosterEntry(with_performance(wanted, PersonaPerformance()) if afresh else wanted, before.state)
            path = self._path(persona.persona_id, entry.state)
            data = checked_persona(entry.persona, path)
            with self._marked():
                self.ledger.append(Edited(now(), persona.persona_id, decided_by, *contents, figures, afresh))
                write_atomically(path, data)
        return entry

    def undo(self, *, decided_by: str = BY_HAND) -> Undone:
        """Take back the latest change by hand that was not undone yet, and record that; a new persona is archived.

        The state and what the file said come back, and with a fresh start the record that it ended: what was earned
        since counts on top. What a run has decided since is not touched. Raises InputError if there is nothing left.
        """
        with exclusive(self._workspace.lock):
            found = self._seen()
            standing = [each for each in undoable(list(self.ledger.changes())) if each.persona_id in found.entries]
            if not standing:
                raise InputError("there is nothing to undo", hint="only changes by hand are undone")
            change = standing[-1]
            entry = found.entries[change.persona_id]
            line = undoing(change, entry, decided_by)
            persona = with_content(entry.persona, line.edited[1]) if line.edited else entry.persona
            afresh = not isinstance(change, Added) and change.afresh
            with self._marked():
                self.ledger.append(line)
                if afresh:
                    persona = with_performance(persona, performances(self.ledger.entries())[change.persona_id])
                if persona != entry.persona:
                    self._save(persona, entry.state)
                if line.after is not line.before:
                    self._move(change.persona_id, line.before, line.after)
        return line

    def verify(self) -> list[str]:
        """The differences between the ledger and the folders, one line each; empty when they agree."""
        with exclusive(self._workspace.lock):
            found, told = self._seen(), Told.by(self.ledger.entries())
        return list(filter(None, (told.difference(name, found.entries.get(name)) for name in sorted(told.states))))

    def repair(self) -> list[str]:
        """Bring states, performances and edits of the files up to the ledger; returns what was different before.

        A persona whose file is gone or unreadable stays so: the ledger does not hold the traits of each.
        """
        with exclusive(self._workspace.lock):
            different = self.verify()
            found, told = self._scan(), Told.by(self.ledger.entries())
            for name, state in told.states.items():
                if (entry := found.entries.get(name)) is not None:
                    if (due := told.caught_up(entry.persona)) != entry.persona:
                        self._save(due, entry.state)
                    if entry.state is not state:
                        self._move(name, entry.state, state)
        return different

    @contextmanager
    def _marked(self) -> Iterator[None]:
        """Around a line of the ledger and the files that follow it; a mark that was there already stays."""
        stays = self._mark.exists()
        with store_errors(self._mark):
            self._mark.touch(mode=0o600)
        yield
        if not stays:
            self._mark.unlink(missing_ok=True)

    def _path(self, persona_id: str, state: PersonaState) -> Path:
        return self._workspace.personas / state / file_name(persona_id)

    def _move(self, persona_id: str, before: PersonaState, after: PersonaState) -> None:
        move_persona_to_folder(persona_id, self._workspace.personas / before, self._workspace.personas / after)

    def _save_performance(self, entry: RosterEntry, performance: PersonaPerformance) -> None:
        self._save(with_performance(entry.persona, performance), entry.state)

    def _save(self, persona: Persona, state: PersonaState) -> None:
        """Only figures changed, or a content that was a persona's already, so it is not checked again."""
        write_atomically(self._path(persona.persona_id, state), persona_to_json(persona).encode())

    def _seen(self) -> _Found:
        """What the folders hold, with every persona that the ledger does not know yet recorded in it."""
        found = self._scan()
        for name in sorted(self.ledger.unseen(found.entries.keys() - self._recorded)):
            entry = found.entries[name]
            self._record(entry.persona, entry.state, "found")
        self._recorded.update(found.entries)
        return found

    def _record(self, persona: Persona, state: PersonaState, decided_by: str) -> None:
        figures = performance_of(persona)
        self.ledger.append(Added(now(), persona.persona_id, state, decided_by, figures, persona.parents))
        self._recorded.add(persona.persona_id)

    def _scan(self) -> _Found:
        found = _Found({}, {})
        files = self._files()
        for name, ((path, state), *others) in files.items():
            try:
                found.entries[name] = RosterEntry(self._load(path, others), state)
            except PersonaError as error:
                found.problems[path] = str(error)
        for gone in self._parsed.keys() - {path for places in files.values() for path, _ in places}:
            del self._parsed[gone]
        return found

    def _files(self) -> dict[str, list[tuple[Path, PersonaState]]]:
        """All places where each id stands."""
        places: dict[str, list[tuple[Path, PersonaState]]] = {}
        for state in PersonaState:
            folder = self._workspace.personas / state
            with store_errors(folder):
                for path in sorted(folder.glob("[!.]*.json")):
                    places.setdefault(path.stem, []).append((path, state))
        return places

    def _load(self, path: Path, others: Sequence[tuple[Path, PersonaState]]) -> Persona:
        """The persona in the file, parsed again only when the file is another one."""
        if others:
            raise PersonaError(f"{path}: stands in {others[0][1]} too", hint="remove one of them")
        signature = _signature(path)
        known = self._parsed.get(path)
        if known is not None and known[0] == signature:
            return known[1]
        persona = load_persona_from_file(path)
        if persona.persona_id != path.stem:
            raise PersonaError(f"{path}: holds {persona.persona_id!r}", hint="name the file after its persona_id")
        if time.time_ns() - signature[0] > _TICK_NS:
            self._parsed[path] = signature, persona
        return persona


def _signature(path: Path) -> _Signature:
    """What changes whenever the file does."""
    with store_errors(path):
        about = path.lstat()
    return about.st_mtime_ns, about.st_size, about.st_ino


def _pick(found: _Found, persona_id: str) -> RosterEntry:
    """The entry with this id; raises PersonaError saying what is wrong with its file, or the nearest id."""
    name = file_name(persona_id)
    if persona_id in found.entries:
        return found.entries[persona_id]
    for path, problem in found.problems.items():
        if path.name == name:
            raise PersonaError(_one_line(problem))
    near = get_close_matches(persona_id, found.entries, n=1, cutoff=0.0)
    raise PersonaError(f"there is no persona {persona_id!r}", hint=f"did you mean {near[0]!r}?" if near else "")


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
