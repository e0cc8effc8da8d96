"""Read the text in a picture by text recognition, and the time and place that the camera wrote."""

from pathlib import Path
from typing import Any

from engine.documents.document import PICTURE, Extract, Location
from engine.documents.foreign.pdf_layout import lay_out
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.errors import DocumentError

_TAKEN = ("EXIF DateTimeOriginal", "Image DateTime")
_DEVICE = ("Image Make", "Image Model")


def read_picture(path: Path, recogniser: TextRecogniser) -> list[Extract]:
    """Return time, place and camera as a sentence, and the text in the picture. Raises DocumentError without either."""
    sentence, metadata = _camera_data(path)
    lines = recogniser.lines(path.read_bytes, 1, 1) or []
    if not lines and not sentence:
        raise DocumentError("a picture", hint=recogniser.hint)
    extract = lay_out([lines]).extract(metadata=metadata)
    extract.locations = [location._replace(page=0, name=PICTURE) for location in extract.locations]
    if sentence:
        extract.locations.append(Location(len(extract.text) + 2 * bool(lines)))
        extract.text = f"{extract.text}\n\n{sentence}".strip()
    if not lines:
        extract.note = f"only what the camera wrote ({recogniser.hint})"
    return [extract]


def _camera_data(path: Path) -> tuple[str, dict[str, tuple[str, ...]]]:
    import exifread  # noqa: PLC0415 - only where there is a picture

    try:
        with path.open("rb") as file:
            tags: dict[str, Any] = exifread.process_file(file, details=False)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError):
        return "", {}  # a damaged block of it is no reason to leave out the picture
    moment = next((value for tag in _TAKEN if (value := _date(str(tags.get(tag, ""))))), "")
    coordinates = _coordinates(tags)
    device = " ".join(dict.fromkeys(" ".join(str(tags.get(tag, "")).split()) for tag in _DEVICE)).strip()
    phrases = [f"on {moment}" * bool(moment), f"at {coordinates}" * bool(coordinates), f"with {device}" * bool(device)]
    words = " ".join(filter(None, phrases))
    metadata: dict[str, tuple[str, ...]] = {"date": (moment,)} if moment else {}
    return (f"Taken {words}." if moment or coordinates else ""), metadata


def _date(value: str) -> str:
    """Return `2023:07:03 10:20:30` as `2023-07-03 10:20`; empty for another value."""
    day, _, time = value.partition(" ")
    parts = day.split(":")
    is_date = [len(part) for part in parts] == [4, 2, 2] and all(map(str.isdecimal, parts)) and parts[0] > "1000"
    return f"{'-'.join(parts)} {time[:5]}".strip() if is_date else ""


def _coordinates(tags: dict[str, Any]) -> str:
    """Return latitude and longitude in degrees; empty if they are missing."""
    coordinates = []
    for name in ("Latitude", "Longitude"):
        values = getattr(tags.get(f"GPS GPS{name}"), "values", [])
        try:
            degrees = sum(float(value) / 60**power for power, value in enumerate(values))
        except (TypeError, ValueError, ZeroDivisionError):
            return ""
        if not values:
            return ""
        coordinates.append(f"{degrees:.4f}° {tags.get(f'GPS GPS{name}Ref', '')}".strip())
    return ", ".join(coordinates)
