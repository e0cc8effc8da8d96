"""Export what the personas have learned, and merge what those of other devices have learned (federated learning)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from db.personas.contribution import (
    MAX_BYTES,
    SUFFIX,
    Contribution,
    encoded,
    file_of,
    shared_persona,
)
from db.personas.folder_roster import FolderRoster
from db.personas.ledger_entries import Added, Feedback, Rewards
from db.personas.merged_ledger import differing_personas
from db.personas.noise import noisy_performances
from db.personas.shared_entries import SharedEntry, shared_entries
from db.personas.signing import signature_of
from engine.atomic_files import write_atomically
from engine.errors import InputError, PersonaError
from engine.personas.persona import Persona, PersonaState, RosterEntry, content_of, copy_of

SHORT = 8  # hex digits of a device's id that name it in a few words


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported file: how many rewards and judgements it holds, 0 with noise, and of how many personas.

    `epsilon` is that of the file, `epsilon_in_all` the sum over all files of this device; None and 0 without noise.
    """

    file: str
    device: str
    rewards: int
    personas: int
    epsilon: float | None
    epsilon_in_all: float


@dataclass(frozen=True, slots=True)
class MergedFile:
    """A file that was read; `new_rewards` were not merged before, `note` says why nothing was."""

    file: str
    device: str
    rewards: int
    new_rewards: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A persona that another device has with another content; this device keeps its own.

    What the other device earned with it counts only if both walk alike.
    """

    persona_id: str
    device: str
    counts: bool
    own: Persona
    other: Persona


@dataclass(frozen=True, slots=True)
class Merged:
    """The files of a merge, the personas that came, and those that differ from the ones here.

    `rewards` and `devices` are the numbers of all that other devices have contributed so far.
    """

    files: tuple[MergedFile, ...]
    added: tuple[str, ...]
    taken_over: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    rewards: int
    devices: int


class Exchange:
    """Exports and merges for one roster. Raises InputError, with nothing changed, for what cannot be merged."""

    def __init__(self, roster: FolderRoster) -> None:
        self._roster, self._devices = roster, roster.devices

    def export(self, target: Path, *, epsilon: float | None = None) -> Exported:
        """Write a signed file, or into a folder a file named by this device; with `epsilon` only sums with noise."""
        if epsilon is not None and not 0 < epsilon <= 1000:  # noqa: PLR2004 - more is no noise
            raise InputError(f"a noise of {epsilon} is not valid", hint="above 0 and up to 1000, for example 1")
        with self._roster.locked() as contents:
            key = self._devices.require_key()
            personas = [entry.persona for _, entry in sorted(contents.entries.items())]
            entries = shared_entries(self._roster.ledger.entries())
            if epsilon is not None:
                entries = _with_noise(entries, [persona.persona_id for persona in personas], epsilon)
            path = target / f"{key.device}{SUFFIX}" if target.is_dir() else target
            exports = self._devices.next_export(epsilon or 0.0)
            contribution = Contribution(exports.edition, tuple(entries), tuple(map(shared_persona, personas)), epsilon)
            content = encoded(contribution)
            write_atomically(path, file_of(key.public_key, signature_of(content, key.secret_key), content))
        count = len(_rewards(contribution))
        return Exported(str(path), key.device, count, len(personas), epsilon, exports.epsilon)

    def merge(self, paths: Sequence[Path], *, accept: Collection[str] = (), take: Collection[str] = ()) -> Merged:
        """Merge files, or all in a folder, and accept the files of the devices `accept` from now on.

        `take` are personas whose content is taken over from another device, as `ID` or `ID@DEVICE`.
        """
        with self._roster.locked() as contents:
            own = self._devices.require_key().device
            earlier = self._devices.contributions()
            files = [
                (path, data, *self._devices.checked(data, where=str(path), accept=accept))
                for path, data in _read(paths)
            ]
            new: dict[str, tuple[Contribution, bytes]] = {}
            for _, data, device, contribution in sorted(files, key=lambda file: file[3].edition):
                if device in new and not contribution.continues(new[device][0]):
                    hint = f"a workspace was copied or restored; merge only one of the files of device {device}"
                    raise InputError("two of the files have different histories of one device", hint=hint)
                if device != own and contribution.edition > (earlier[device].edition if device in earlier else 0):
                    new[device] = contribution, data
            current = {**earlier, **{device: contribution for device, (contribution, _) in new.items()}}
            edits = [_taken_over(text, current, contents.entries) for text in take]
            with self._roster.ledger.marked():
                for device in accept:
                    self._devices.accept(device)
                for device, (_, data) in new.items():
                    self._devices.keep(device, data)
                added = self._add_missing(current, contents.entries.keys())
                for persona in edits:
                    self._roster.edit(persona)
                self._roster.repair()
        merged = tuple(_merged_file(path, device, own, of_file, earlier, new) for path, _, device, of_file in files)
        edited = tuple(persona.persona_id for persona in edits)
        conflicts = tuple(_conflicts(current, self._roster.entries()))
        rewards = sum(len(_rewards(contribution)) for contribution in current.values())
        return Merged(merged, added, edited, conflicts, rewards, len(current))

    def _add_missing(self, current: Mapping[str, Contribution], present: Collection[str]) -> tuple[str, ...]:
        """Add the personas of other devices that are missing here, in the state that follows from all entries."""
        states = self._roster.merged.state().states
        missing: dict[str, tuple[str, Persona]] = {}
        for device, contribution in sorted(current.items()):
            for persona in contribution.all_personas:
                if persona.persona_id not in present and not persona.is_control:
                    missing.setdefault(persona.persona_id, (device, persona))
        for name, (device, persona) in sorted(missing.items()):
            state = states.get(name, PersonaState.EXPERIMENTAL)
            self._roster.add(persona, state, decided_by=f"device {device[:SHORT]}")
        return tuple(sorted(missing))


def _read(paths: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield the files, and those in folders, with their bytes. Raises InputError for one that cannot be merged."""
    for source in paths:
        for path in sorted(source.glob(f"[!.]*{SUFFIX}")) if source.is_dir() else [source]:
            try:
                with path.open("rb") as file:
                    data = file.read(MAX_BYTES + 1)
            except OSError as error:
                hint = "a file of `personas export`, or a folder of such files"
                raise InputError(f"{path}: {error.strerror or error}", hint=hint) from error
            if len(data) > MAX_BYTES:
                raise InputError(f"{path}: is over {MAX_BYTES // 1_000_000} MB", hint="no export is so large")
            yield path, data


def _with_noise(entries: Sequence[SharedEntry], persona_ids: Sequence[str], epsilon: float) -> list[SharedEntry]:
    """Return the entry with which each persona began, with the sums of its rewards and noise."""
    earned = noisy_performances((shared.entry for shared in entries), persona_ids, epsilon)
    return [
        SharedEntry(shared.sequence, replace(shared.entry, performance=earned[shared.entry.persona_id]))
        for shared in entries
        if isinstance(shared.entry, Added) and shared.entry.persona_id in earned
    ]


def _rewards(contribution: Contribution) -> set[int]:
    return {shared.sequence for shared in contribution.entries if isinstance(shared.entry, Rewards | Feedback)}


def _merged_file(
    path: Path,
    device: str,
    own: str,
    contribution: Contribution,
    earlier: Mapping[str, Contribution],
    new: Mapping[str, tuple[Contribution, bytes]],
) -> MergedFile:
    rewards, note = _rewards(contribution), ""
    earlier_rewards = _rewards(earlier[device]) if device in earlier else set[int]()
    if device == own:
        note = "is of this device"
    elif device not in new:
        note = "was merged before"
    elif new[device][0] is not contribution:
        note = "is not newer than another of these files"
    return MergedFile(str(path), device, len(rewards), 0 if note else len(rewards - earlier_rewards), note)


def _conflicts(current: Mapping[str, Contribution], entries: Sequence[RosterEntry]) -> Iterator[Conflict]:
    """Yield the personas that differ on another device; lineage and rewards are no difference."""
    personas = {entry.persona.persona_id: entry for entry in entries}
    for device, contribution in sorted(current.items()):
        differing = differing_personas(contribution, personas)
        for other in contribution.all_personas:
            if other.persona_id in personas and _differ(own := personas[other.persona_id].persona, other):
                yield Conflict(other.persona_id, device, other.persona_id not in differing, own, other)


def _differ(own: Persona, other: Persona) -> bool:
    contents = [content_of(copy_of(persona, own.persona_id)) for persona in (own, other)]
    return contents[0] != contents[1]


def _taken_over(text: str, current: Mapping[str, Contribution], entries: Mapping[str, RosterEntry]) -> Persona:
    """Return the persona that `ID` or `ID@DEVICE` names: with this id, another content and such a device."""
    persona_id, _, prefix = text.partition("@")
    own = entries[persona_id].persona if persona_id in entries else None
    others = {
        device: persona
        for device, contribution in sorted(current.items())
        for persona in contribution.all_personas
        if own and persona.persona_id == persona_id and device.startswith(prefix) and _differ(own, persona)
    }
    if not others:
        hint = "persona-moe personas merge lists those that differ"
        raise PersonaError(f"no other device has another {persona_id!r}", hint=hint)
    first = next(iter(others.values()))
    if any(_differ(first, other) for other in others.values()):
        names = " or ".join(f"{persona_id}@{device[:SHORT]}" for device in others)
        raise PersonaError(f"several devices have another {persona_id!r}", hint=f"take {names}")
    return first
