"""Characters that could steer a terminal."""

import unicodedata

DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""The bidirectional classes of characters that turn the direction of the text after them."""


def steering_characters(text: str) -> set[str]:
    """Return the characters of `text` that could steer a terminal; tabs and line feeds cannot."""
    controls = {letter for letter in text if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}} - set("\n\t")
    return controls | {letter for letter in text if unicodedata.bidirectional(letter) in DIRECTIONS}
