"""Add a model's description to the text of a picture, marked as the words of that model."""

from dataclasses import dataclass

from engine.documents.document import Extract, Location
from engine.text.safe import one_line

DESCRIBED_BY = "described_by"
"""The term of the metadata that holds the name of the model."""


@dataclass(frozen=True, slots=True)
class Description:
    """The `text` that a `model` wrote about a picture, and the `date` on which it did (ISO 8601)."""

    model: str
    date: str
    text: str


def add_description(extract: Extract, description: Description) -> None:
    """Put a description in front of the text of a picture: one paragraph, whose location names the model."""
    model = one_line(description.model)
    paragraph = one_line(f"Description by {model}, {description.date}: {description.text}")
    offset = len(paragraph) + 2
    moved = [location._replace(start=location.start + offset) for location in extract.locations]
    extract.locations = [Location(0, name=f"described by {model}"), *moved]
    extract.text = f"{paragraph}\n\n{extract.text}".rstrip()
    extract.metadata[DESCRIBED_BY] = (model,)
