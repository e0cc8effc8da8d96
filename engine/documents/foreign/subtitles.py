"""The words of subtitles (.srt, .vtt): cues joined to sentences, each with its time."""

import re
from pathlib import Path

from engine.documents.document import Extract, Location
from engine.documents.encoding import decode
from engine.documents.foreign.markdown_writer import MarkdownWriter, clean

_CUE = re.compile(r"^(?:(\d+):)?(\d{1,2}):(\d{2})[.,]\d{3}[ \t]+-->[^\n]*\n", re.MULTILINE)
_TAG = re.compile(r"<[^<>\n]{1,200}>|\{\\[^{}\n]{1,100}\}")
_PARAGRAPH = 600  # characters after which the next sentence begins a paragraph


def read_subtitles(path: Path) -> list[Extract]:
    """What is said, as paragraphs; a location for each cue."""
    text, note = decode(path.read_bytes())
    cues = list(_CUE.finditer(text))
    writer = MarkdownWriter()
    said, places = "", list[tuple[int, str]]()
    for cue, end in zip(cues, [*(c.start() for c in cues[1:]), len(text)], strict=True):
        body = text[cue.end() : end].split("\n\n")[0]
        words = clean(_TAG.sub("", body))
        if not words:
            continue
        if len(said) > _PARAGRAPH and said[-1] in ".!?\u3002":
            _write(writer, said, places)
            said, places = "", []
        said += " " * bool(said)
        places.append((len(said), f"{int(cue[1] or 0)}:{int(cue[2]):02}:{cue[3]}"))
        said += words
    _write(writer, said, places)
    extract = writer.extract()
    extract.note = note
    return [extract]


def _write(writer: MarkdownWriter, said: str, places: list[tuple[int, str]]) -> None:
    if said:
        writer.locate(name=places[0][1])
        start = writer.locations[-1].start
        writer.paragraph(said)
        writer.locations += [Location(start + at, 0, name) for at, name in places[1:]]
