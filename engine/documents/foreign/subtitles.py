"""Read subtitles (.srt, .vtt): cues joined to sentences, each with its time."""

import re
from collections.abc import Iterator
from pathlib import Path

from engine.documents.document import Extract, Location
from engine.documents.encoding import decode
from engine.documents.foreign.markdown_writer import MarkdownWriter, clean

_CUE = re.compile(r"^(?:(\d+):)?(\d{1,2}):(\d{2})[.,]\d{3}[ \t]+-->[^\n]*\n", re.MULTILINE)
_TAG = re.compile(r"<[^<>\n]{1,200}>|\{\\[^{}\n]{1,100}\}")
_PARAGRAPH = 600  # characters after which the next sentence begins a paragraph


def read_subtitles(path: Path) -> list[Extract]:
    """Return the spoken words as paragraphs, with the time of each cue as its place."""
    text, note = decode(path.read_bytes())
    writer = MarkdownWriter()
    paragraph, cues = "", list[tuple[int, str]]()
    for time, words in _cues(text):
        if len(paragraph) > _PARAGRAPH and paragraph[-1] in ".!?\u3002":
            _write(writer, paragraph, cues)
            paragraph, cues = "", []
        paragraph += " " * bool(paragraph)
        cues.append((len(paragraph), time))
        paragraph += words
    _write(writer, paragraph, cues)
    extract = writer.extract()
    extract.note = note
    return [extract]


def _cues(text: str) -> Iterator[tuple[str, str]]:
    """Yield time and words of each cue that has words."""
    cues = list(_CUE.finditer(text))
    for cue, end in zip(cues, [*(c.start() for c in cues[1:]), len(text)], strict=True):
        if words := clean(_TAG.sub("", text[cue.end() : end].split("\n\n", 1)[0])):
            yield f"{int(cue[1] or 0)}:{int(cue[2]):02}:{cue[3]}", words


def _write(writer: MarkdownWriter, paragraph: str, cues: list[tuple[int, str]]) -> None:
    """Write a paragraph; `cues` are position and time of each cue in it."""
    if paragraph:
        writer.locate(name=cues[0][1])
        start = writer.locations[-1].start
        writer.paragraph(paragraph)
        writer.locations += [Location(start + position, 0, time) for position, time in cues[1:]]
