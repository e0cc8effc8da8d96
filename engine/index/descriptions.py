"""Keep the descriptions of pictures in a folder, each under the hash of the content of its picture."""

from hashlib import sha256
from pathlib import Path

import msgspec

from engine.atomic_files import write_atomically
from engine.documents.description import Description


class Descriptions:
    """The descriptions in a folder, one JSON file each: they outlast a new index, and a changed picture has none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of_file(self, path: Path) -> Description | None:
        """Return the description of a picture file with its content of now, if there is one. Raises OSError."""
        return self.of(path.read_bytes()) if self._folder.is_dir() else None

    def of(self, picture: bytes) -> Description | None:
        """Return the description of a picture with this content; None if there is none or its file is damaged."""
        try:
            return msgspec.json.decode(self._path(picture).read_bytes(), type=Description)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def keep(self, picture: bytes, description: Description) -> None:
        """Write the description of a picture, and replace an earlier one. Raises StoreError."""
        write_atomically(self._path(picture), msgspec.json.encode(description))

    def _path(self, picture: bytes) -> Path:
        return self._folder / f"{sha256(picture).hexdigest()}.json"
