"""The roster of a workspace: personas in one folder per state, and a ledger of every change."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from db.locks import exclusive
from db.personas.devices import Devices
from db.personas.files import checked_persona, save_persona_to_file
from db.personas.folders import FolderContents, PersonaFolders
from db.personas.ledger import Ledger
from db.personas.ledger_entries import (
    BY_HAND,
    FIRST_SEEN,
    Added,
    Edited,
    Feedback,
    Rewards,
    Transition,
    Undone,
)
from db.personas.merged_ledger import MergedLedger
from db.personas.reconcile import damage
from db.personas.undo import latest_undoable, undo_entry
from db.workspace import Workspace
from engine.errors import InputError, StoreError
from engine.events import PersonaTransitioned
from engine.personas.experience import Experience
from engine.personas.lifecycle import state_after
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry, content_of, edited, with_content
from engine.personas.roster import Births, Verdict, performance_of, require_rewards, with_performance
from engine.personas.traits import starts_afresh
from engine.run.feedback import WEIGHT, Judgement
from engine.text.safe import one_line


class FolderRoster:
    """Implements `engine.personas.roster.Roster` on a workspace's folders; threads and processes may share them.

    Every change is appended to the ledger before the files change. After a crash between the two, the constructor
    repairs the files, and `recovered` lists what was different.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.ledger = Ledger(workspace.ledger)
        self.devices = Devices(workspace.devices)
        self.merged = MergedLedger(self.ledger, self.devices, lambda: self._folders.scan().entries)
        self._lock = workspace.lock
        self._folders = PersonaFolders(workspace.personas)
        self._recorded: set[str] = set()  # ids that the ledger holds for certain
        self.recovered: list[str] = []
        with self.locked():
            if self.ledger.mark.exists():
                self.recovered = self.repair()
                self.ledger.mark.unlink(missing_ok=True)

    def entries(self) -> Sequence[RosterEntry]:
        """Every persona that can be read, ordered by id."""
        with exclusive(self._lock):
            return [entry for _, entry in sorted(self._folders.scan().entries.items())]

    def problems(self) -> list[str]:
        """One line for each file that cannot be read as a persona, without control characters."""
        with exclusive(self._lock):
            return [one_line(problem) for problem in self._folders.scan().problems.values()]

    def find(self, persona_id: str) -> RosterEntry:
        """The persona with this id; raises PersonaError naming the nearest id."""
        with exclusive(self._lock):
            return self._folders.scan().find(persona_id)

    def change(self, persona_id: str, verdict: Verdict, *, rule: str, decided_by: str) -> PersonaTransitioned:
        """Carry out a verdict and record it; `Verdict.KEEP` changes and records nothing.

        A restored persona starts afresh: its earlier rewards stay in the ledger and no longer count.
        Raises PersonaError if the verdict cannot apply, with nothing changed; StoreError if the disk refuses.
        """
        with self.locked() as contents:
            entry = contents.find(persona_id)
            old_state, new_state = entry.state, state_after(entry, verdict)
            if new_state is not old_state:
                performance, afresh = performance_of(entry.persona), verdict is Verdict.RESTORE
                line = Transition(
                    self.merged.time(), persona_id, old_state, new_state, rule, decided_by, performance, afresh
                )
                with self.ledger.recording(line):
                    self._folders.move(persona_id, old_state, new_state)
                    moved = PersonaPerformance() if afresh else performance.moved()
                    self._folders.save_performance(RosterEntry(entry.persona, new_state), moved)
        return PersonaTransitioned(persona_id, old_state, new_state, rule, decided_by)

    def record_rewards(self, run_id: str, rewards: Mapping[str, float], features: tuple[float, ...] = ()) -> None:
        """Add one reward in [0, 1] to each named persona's performance; one ledger line for all.

        Raises PersonaError for an unknown persona and ValueError for a reward outside [0, 1], with nothing changed.
        """
        require_rewards(rewards)
        if not rewards:
            return
        with self.locked() as contents:
            entries = {name: contents.find(name) for name in rewards}
            rewards = {name: float(reward) for name, reward in rewards.items()}
            with self.ledger.recording(Rewards(self.merged.time(), run_id, rewards, features)):
                for name, entry in entries.items():
                    self._folders.save_performance(entry, performance_of(entry.persona).with_reward(rewards[name]))

    def record_feedback(self, judgement: Judgement) -> dict[str, tuple[float, float]]:
        """Add a judgement's rewards, each as `engine.run.feedback.WEIGHT` samples; gives the means before and after.

        It replaces an opposite judgement of the same answer or citation; the ledger keeps both lines.
        Raises InputError if the same was judged so already or no persona of the run exists, with nothing changed.
        """
        require_rewards(judgement.rewards)
        with self.locked() as contents:
            rewards = {name: reward for name, reward in judgement.rewards.items() if name in contents.entries}
            if not rewards:
                raise InputError(f"no persona of run {judgement.run_id} exists any more", hint="judge a newer answer")
            replaced = self.ledger.judgements().get(judgement.run_id, {}).get(judgement.citation)
            if replaced is not None and replaced.liked is judgement.liked:
                raise InputError(f"{judgement.subject} was judged so already", hint="the opposite would replace it")
            affected = contents.entries.keys() & {*rewards, *(replaced.rewards if replaced else ())}
            old = {name: performance_of(contents.entries[name].persona) for name in sorted(affected)}
            judged = judgement.citation, judgement.liked, rewards, judgement.context
            entry = Feedback(self.merged.time(), judgement.run_id, *judged, marked=judgement.marked)
            with self.ledger.recording(entry):
                if replaced:
                    new = self.merged.performances()
                else:
                    new = {name: old[name].with_reward(reward, WEIGHT) for name, reward in rewards.items()}
                for name in old:
                    self._folders.save_performance(contents.entries[name], new[name])
        return {name: (performance.mean, new[name].mean) for name, performance in old.items()}

    def add(
        self, persona: Persona, state: PersonaState = PersonaState.EXPERIMENTAL, *, decided_by: str = BY_HAND
    ) -> RosterEntry:
        """Add a new persona in `state`; raises PersonaError if its id is taken or its file would not be valid.

        StoreError if the disk refuses, and then nothing was added.
        """
        with self.locked():
            save_persona_to_file(persona, path := self._folders.free_path(persona.persona_id, state))
            try:
                self._record_added(persona, state, decided_by)
            except StoreError:
                path.unlink(missing_ok=True)
                raise
        return RosterEntry(persona, state)

    def experiences(self) -> Sequence[Experience]:
        """The latest rewards and judgements with the features of their questions, oldest first."""
        with exclusive(self._lock):
            return self.merged.experiences()

    def births(self) -> Births:
        """How many children the ledger records, and in how many runs rewards were paid since the last one."""
        with exclusive(self._lock):
            return self.merged.births()

    def edit(self, persona: Persona, *, afresh: bool | None = None, decided_by: str = BY_HAND) -> RosterEntry:
        """Replace a persona's traits and texts, and record it; nothing is recorded if they are the same.

        With `afresh` its earlier rewards no longer count; by default that is so if its walk parameters change.
        Raises PersonaError, with nothing changed; StoreError if the disk refuses.
        """
        with self.locked() as contents:
            old = contents.find(persona.persona_id)
            new = edited(old.persona, persona)
            texts = content_of(old.persona), content_of(new)
            if texts[0] == texts[1]:
                return old
            afresh = starts_afresh(old.persona, new) if afresh is None else afresh
            performance = performance_of(old.persona)
            entry = RosterEntry(with_performance(new, PersonaPerformance()) if afresh else new, old.state)
            checked_persona(entry.persona, self._folders.path(persona.persona_id, entry.state))
            with self.ledger.recording(
                Edited(self.merged.time(), persona.persona_id, decided_by, *texts, performance, afresh)
            ):
                self._folders.save(entry.persona, entry.state)
                if self.devices.contributions():  # the content decides which of their rewards count
                    self.repair()
        return self.find(persona.persona_id)

    def undo(self, *, decided_by: str = BY_HAND) -> Undone:
        """Take back the latest change by hand that was not undone yet, and record that; a new persona is archived.

        State and content come back. If the change had started the record afresh, the earlier rewards count again,
        together with the later ones. Decisions of runs are not undone. Raises InputError if nothing can be undone.
        """
        with self.locked() as contents:
            change = latest_undoable(list(self.ledger.changes()), contents.entries)
            entry = contents.entries[change.persona_id]
            undone = undo_entry(self.merged.time(), change, entry, decided_by)
            persona = with_content(entry.persona, undone.edited[1]) if undone.edited else entry.persona
            with self.ledger.recording(undone):
                if not isinstance(change, Added):
                    persona = with_performance(persona, self.merged.performances()[change.persona_id])
                if persona != entry.persona:
                    self._folders.save(persona, entry.state)
                if undone.new_state is not undone.old_state:
                    self._folders.move(change.persona_id, undone.old_state, undone.new_state)
                if self.devices.contributions():
                    self.repair()
        return undone

    def verify(self, runs: Path | None = None) -> list[str]:
        """The damage of the ledger, and its differences from folders and recorded `runs`, one line each."""
        with self.locked() as contents:
            return [*damage(self.ledger, runs), *self.merged.state().differences(contents.entries)]

    def repair(self) -> list[str]:
        """Bring states, performances and edits of the files up to the ledger; returns what was different.

        A missing or unreadable file stays so: the ledger does not hold the traits of every persona.
        """
        with self.locked() as contents:
            recorded = self.merged.state()
            self._folders.correct(contents, recorded.states, recorded.corrected)
        return recorded.differences(contents.entries)

    @contextmanager
    def locked(self) -> Iterator[FolderContents]:
        """Hold the workspace's lock; gives what the folders hold, after recording personas new to the ledger."""
        with exclusive(self._lock):
            contents = self._folders.scan()
            for name in sorted(self.ledger.unrecorded(contents.entries.keys() - self._recorded)):
                entry = contents.entries[name]
                self._record_added(entry.persona, entry.state, FIRST_SEEN)
            self._recorded.update(contents.entries)
            yield contents

    def _record_added(self, persona: Persona, state: PersonaState, decided_by: str) -> None:
        performance = performance_of(persona)
        self.ledger.append(
            Added(self.merged.time(), persona.persona_id, state, decided_by, performance, persona.parents)
        )
        self._recorded.add(persona.persona_id)
