"""The devices of a workspace: its own key, the keys that it accepts, and what other devices have contributed."""

import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import msgspec

from db.personas.contribution import SUFFIX, Contribution, decoded, device_id, read_file
from db.personas.ledger_entries import time_text
from db.personas.signing import is_signed, new_secret_key, public_key_of
from engine.atomic_files import private_folder, store_errors, write_atomically
from engine.errors import InputError, StoreError

_AHEAD = timedelta(hours=1)  # that a clock may be
_NOTHING: Mapping[str, Contribution] = MappingProxyType({})


class DeviceKey(msgspec.Struct, frozen=True):
    """The key of this workspace; in JSON in base64."""

    public_key: bytes
    secret_key: bytes

    @property
    def device(self) -> str:
        """The id of this device."""
        return device_id(self.public_key)


class Exports(msgspec.Struct, frozen=True):
    """The number of files that this device has exported, and the sum of their epsilons."""

    edition: int
    epsilon: float


class Devices:
    """The folder `db/devices`: `own-key`, `known-keys`, `exports`, and a file of each other device, as it was signed.

    Nothing is there until something is exported or merged. Writers hold the workspace's lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._signature: tuple[tuple[str, int, int], ...] = ()
        self._contributions = _NOTHING

    @property
    def key(self) -> DeviceKey | None:
        """The key of this workspace, if it has one. Raises StoreError if it cannot be read."""
        path = self._folder / "own-key"
        if not path.exists():
            return None
        with store_errors(path):
            data = path.read_bytes()
        try:
            return msgspec.json.decode(data, type=DeviceKey)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            hint = "restore it, or remove it: the next export makes another, which is another device"
            raise StoreError(f"{path}: is damaged", hint=hint) from error

    def require_key(self) -> DeviceKey:
        """Return the key of this workspace, made now if there is none. Raises InputError without `cryptography`."""
        if (key := self.key) is None:
            secret = new_secret_key()
            key = DeviceKey(public_key_of(secret), secret)
            write_atomically(self._folder / "own-key", msgspec.json.encode(key) + b"\n")
        return key

    @property
    def own_id(self) -> str:
        """The id of this device; empty if it never exported or merged."""
        key = self.key
        return key.device if key else ""

    def next_export(self, epsilon: float) -> Exports:
        """Count an export with this epsilon (0 if it has no noise); return the counts with it."""
        path = self._folder / "exports"
        with store_errors(path):
            data = path.read_bytes() if path.exists() else b'{"edition":0,"epsilon":0}'
        try:
            earlier = msgspec.json.decode(data, type=Exports)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: is damaged", hint="restore it from a copy") from error
        exports = Exports(earlier.edition + 1, earlier.epsilon + epsilon)
        write_atomically(path, msgspec.json.encode(exports) + b"\n")
        return exports

    def known_ids(self) -> set[str]:
        """Return the ids of the devices that are accepted: the first word of each line of `known-keys`."""
        path = self._folder / "known-keys"
        if not path.exists():
            return set()
        with store_errors(path):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}

    def accept(self, device: str) -> None:
        """Accept the files of a device from now on."""
        if device not in self.known_ids():
            private_folder(self._folder)
            path = self._folder / "known-keys"
            with store_errors(path):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(f"{device}\n")

    def contributions(self) -> Mapping[str, Contribution]:
        """Return what the other devices have contributed, by device; a file is decoded again only after it changed.

        Signatures were checked when the files came. Raises StoreError for a file that cannot be read.
        """
        signature = self._signature_of_folder()
        if signature != self._signature:
            loaded = {name.removesuffix(SUFFIX): self._load(self._folder / name) for name, *_ in signature}
            self._contributions, self._signature = MappingProxyType(loaded), signature
        return self._contributions

    def keep(self, device: str, data: bytes) -> None:
        """Keep the file of another device in place of its earlier one."""
        write_atomically(self._folder / f"{device}{SUFFIX}", data)

    def checked(self, data: bytes, *, where: str, accept: Collection[str] = ()) -> tuple[str, Contribution]:
        """Read a file: the device that signed it, and what it contributes.

        Raises InputError that says what to do, if the signature does not fit, the device is neither known nor one of
        `accept`, an entry is not valid, or the file does not continue what the device has contributed before.
        """
        file = read_file(data, where=where)
        if not is_signed(file.content, file.signature, file.public_key):
            hint = "copy it again; if it stays so, somebody changed it"
            raise InputError(f"{where}: was changed or is not complete: its signature does not fit", hint=hint)
        if file.device not in {*self.known_ids(), *accept, self.own_id}:
            hint = f"compare that id with what `personas export` prints there, then merge with --accept {file.device}"
            raise InputError(f"{where}: is signed by device {file.device}, which is not accepted", hint=hint)
        contribution = decoded(file, where=where, latest=time_text(datetime.now(UTC) + _AHEAD))
        earlier = self.contributions().get(file.device)
        if earlier and not contribution.continues(earlier):
            hint = (
                f"a workspace was copied or restored; remove {self._folder / file.device}{SUFFIX} to take this history"
            )
            raise InputError(f"{where}: has another history than what was merged before", hint=hint)
        return file.device, contribution

    def _signature_of_folder(self) -> tuple[tuple[str, int, int], ...]:
        if not self._folder.exists():
            return ()
        with store_errors(self._folder), os.scandir(self._folder) as files:
            statuses = [(file.name, file.stat()) for file in files if file.name.endswith(SUFFIX)]
        return tuple(sorted((name, status.st_mtime_ns, status.st_ino) for name, status in statuses))

    def _load(self, path: Path) -> Contribution:
        with store_errors(path):
            data = path.read_bytes()
        try:
            return decoded(read_file(data, where=str(path)), where=str(path), latest="~")
        except InputError as error:
            raise StoreError(error.message, hint=f"{error.hint}, and merge it") from error
