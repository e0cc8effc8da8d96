"""The file by which a device shares what its personas have learned: a signed list of entries, and the personas.

The first line is a JSON object with the public key and its signature of the rest, which is a JSON object, too.
"""

import binascii
import hashlib
import math
import re
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

from db.personas.ledger_entries import Added, Feedback, Rewards
from db.personas.shared_entries import TIME, SharedEntry
from engine.errors import InputError
from engine.personas.experience import RANKED, REMEMBERED, MarkedRanking
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, content_of, persona_from_json, require_persona_id
from engine.personas.roster import require_rewards
from engine.run.feedback import WEIGHT

SUFFIX = ".learned"
MAX_BYTES = 64_000_000
_FORMAT = "persona-moe learned 1"
_MOST_FEATURES = 64
_RESTORE = "copy the file again, or export it anew on its device"


class _Head(msgspec.Struct, frozen=True):
    """The first line; key and signature (Ed25519, RFC 8032) in base64."""

    format: str
    public_key: bytes
    signature: bytes


class Contribution(msgspec.Struct, frozen=True, dict=True):
    """What one device has learned.

    `edition` counts its files, so that the latest is known. `personas` are the contents of all its personas, with their
    ids. With `epsilon` the entries are only sums with noise (`db.personas.noise`).
    """

    edition: int
    entries: tuple[SharedEntry, ...]
    personas: tuple[dict[str, Any], ...]
    epsilon: float | None = None

    @cached_property
    def all_personas(self) -> tuple[Persona, ...]:
        """The personas of the device, without what they earned. Raises PersonaError."""
        return tuple(_persona(content) for content in self.personas)

    @cached_property
    def latest(self) -> "Contribution":
        """The same with the last `REMEMBERED` rewards and judgements, and the other entries between them."""
        numbers = [n for n, shared in enumerate(self.entries) if isinstance(shared.entry, Rewards | Feedback)]
        first = numbers[-REMEMBERED] if len(numbers) > REMEMBERED else 0
        return msgspec.structs.replace(self, entries=self.entries[first:])

    def continues(self, earlier: "Contribution") -> bool:
        """Whether this may be of the same history: no line has another time, and no edition other entries."""
        times = {shared.sequence: shared.entry.at for shared in earlier.entries}
        has_same_times = all(times.get(s.sequence, s.entry.at) == s.entry.at for s in self.entries)
        return has_same_times and (self.edition != earlier.edition or self == earlier)

    @property
    def end(self) -> str:
        """The time of the last entry; empty without entries."""
        return self.entries[-1].entry.at if self.entries else ""


class SignedFile(msgspec.Struct, frozen=True):
    """A file as it was read: its signer, the signature and the signed bytes; nothing of it was checked."""

    public_key: bytes
    signature: bytes
    content: bytes

    @property
    def device(self) -> str:
        """The id of the device that says it has signed."""
        return device_id(self.public_key)


def device_id(public_key: bytes) -> str:
    """Return the id of a device: the fingerprint of its public key, 32 hex digits."""
    return hashlib.blake2b(public_key, digest_size=16).hexdigest()


def shared_persona(persona: Persona) -> dict[str, Any]:
    """Return a persona as a contribution holds it."""
    return {"persona_id": persona.persona_id, **content_of(persona)}


def encoded(contribution: Contribution) -> bytes:
    """Return the bytes to sign."""
    return _FORMAT.encode() + b"\n" + msgspec.json.encode(contribution)


def file_of(public_key: bytes, signature: bytes, content: bytes) -> bytes:
    """Return the bytes of the file."""
    return msgspec.json.encode(_Head(_FORMAT, public_key, signature)) + b"\n" + content.partition(b"\n")[2] + b"\n"


def read_file(data: bytes, *, where: str) -> SignedFile:
    """Read the parts of a file. Raises InputError naming `where`."""
    head, _, content = data.partition(b"\n")
    try:
        parts = msgspec.json.decode(head, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, binascii.Error, RecursionError) as error:
        raise InputError(f"{where}: is no file of `personas export`", hint=_RESTORE) from error
    if parts.format != _FORMAT:
        raise InputError(f"{where}: is of another version ({parts.format[:40]!r})", hint="update persona-moe")
    return SignedFile(parts.public_key, parts.signature, f"{_FORMAT}\n".encode() + content.removesuffix(b"\n"))


def decoded(file: SignedFile, *, where: str, latest: str) -> Contribution:
    """Decode and check a file whose signature was checked. Raises InputError naming `where`.

    No entry may be later than `latest`: a clock that is ahead would put its entries after all later ones.
    """
    try:
        contribution = msgspec.json.decode(file.content.partition(b"\n")[2], type=Contribution)
        _check(contribution)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError, InputError) as error:
        raise InputError(f"{where}: {error}", hint=_RESTORE) from error
    if contribution.end > latest:
        hint = "set the clock of that device and of this one"
        raise InputError(f"{where}: has entries of {contribution.end}, which is in the future", hint=hint)
    return contribution


def _check(contribution: Contribution) -> None:
    """Raise ValueError or InputError for a value that no ledger has."""
    numbers = [shared.sequence for shared in contribution.entries]
    times = [shared.entry.at for shared in contribution.entries]
    if numbers != sorted(set(numbers)) or min(numbers, default=1) < 1:
        raise ValueError("the entries are not in the order of their lines")
    if times != sorted(times) or not all(map(TIME.fullmatch, times)):
        raise ValueError("the entries are not in the order of their times")
    for shared in contribution.entries:
        entry = shared.entry
        if isinstance(entry, Rewards | Feedback):
            _check_rewards(entry)
        else:
            require_persona_id(entry.persona_id)
        if isinstance(entry, Added):
            _check_performance(entry.performance)
    if len({persona.persona_id for persona in contribution.all_personas}) < len(contribution.personas):
        raise ValueError("a persona that is there twice")


def _check_rewards(entry: Rewards | Feedback) -> None:
    require_rewards(entry.rewards)
    for name in entry.rewards:
        require_persona_id(name)
    if not 1 <= entry.weight <= WEIGHT:
        raise ValueError(f"a weight of {entry.weight}")
    if len(entry.context) > _MOST_FEATURES or not all(0.0 <= value <= 1.0 for value in entry.context):
        raise ValueError("features outside [0, 1]")
    if not re.fullmatch(r"[0-9]{1,12}", entry.run_id):
        raise ValueError("a run that is no number")
    if isinstance(entry, Feedback) and entry.marked:
        _check_marked(entry.marked)


def _check_marked(marked: MarkedRanking) -> None:
    widths = {len(row) for row in marked.values}
    if len(widths) != 1 or len(marked.values) > RANKED or max(widths) > _MOST_FEATURES:
        raise ValueError("a marked ranking that is no table")
    if not all(map(math.isfinite, chain.from_iterable(marked.values))):
        raise ValueError("a marked ranking with values that are no numbers")
    if not marked.liked or not {*marked.liked} <= {*range(len(marked.values))}:
        raise ValueError("likes that are not in the marked ranking")


def _check_performance(earned: PersonaPerformance) -> None:
    figures_are_valid = 0.0 <= earned.mean <= 1.0 and 0.0 <= earned.m2 < math.inf
    if not (figures_are_valid and 0 <= earned.moved_at <= earned.samples):
        raise ValueError(f"a performance of {earned}")


def _persona(content: dict[str, Any]) -> Persona:
    return persona_from_json({**content, "historical_performance": {}}, where="personas")
