"""Measure the readers of foreign formats: processor time and memory, and PDF against pypdfium2 alone.

    python -m tests.trials.formats             a file of each format: ms of the first, ms of the next, peak MB
    python -m tests.trials.formats FOLDER      the PDF files of a folder: seconds of pypdfium2 alone, of the reader

`engine/documents/FORMATS.md` holds the results.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pypdfium2

from engine.documents.foreign.formats import read_format
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.errors import DocumentError
from tests.support import ROOT
from tests.support.foreign_files import docx, epub, lines, msg, odt, paragraph, pdf, pptx, word_table, xlsx

WORDS = "The keeper of the light wrote the weather of each day into a book with a red cover. "
MAIL = EmailMessage()
MAIL["Subject"], MAIL["From"], MAIL["Date"] = "Roof", "Ilse <ilse@example.org>", "Tue, 12 Mar 2024 10:15:02 +0100"
MAIL.set_content(WORDS * 10)
CHAT = {"name": "Roof", "id": 1, "messages": [
    {"type": "message", "date": "2024-03-12T10:15:02", "from": "Ilse", "text": WORDS} for _ in range(10)]}  # fmt: skip
FILES: dict[str, bytes] = {
    "a.docx": docx(paragraph("Head", style="H1") + paragraph(WORDS) * 10 + word_table([["a", "b"]] * 10)),
    "a.pptx": pptx([("Head", [WORDS] * 3, WORDS)] * 5),
    "a.odt": odt(f"<text:h>Head</text:h>{f'<text:p>{WORDS}</text:p>' * 10}"),
    "a.xlsx": xlsx({"Parts": {f"{column}{row}": WORDS for column in "AB" for row in range(1, 20)}}),
    "a.epub": epub({f"c{number}": f"<h1>Head</h1><p>{WORDS}" for number in range(5)}),
    "a.rtf": rb"{\rtf1\ansi " + (WORDS.encode() + rb"\par ") * 10 + b"}",
    "a.eml": bytes(MAIL),
    "a.mbox": (b"From a@b Tue Mar 12 10:15:02 2024\n" + bytes(MAIL)) * 5,
    "a.msg": msg({"0037": "Roof", "1000": WORDS * 10}),
    "a.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": [WORDS]}] * 10}).encode(),
    "a.json": json.dumps(CHAT).encode(),
    "a.html": f"<title>Head</title><main>{f'<p>{WORDS}' * 10}</main>".encode(),
    "a.srt": b"".join(b"\n00:00:%02d,000 --> 00:01:00,000\n%s\n\n" % (n, WORDS.encode()) for n in range(10)),
    "a.pdf": pdf([lines([WORDS[:60]] * 40)] * 5),
}


MEASURED = """
import sys, time
from pathlib import Path
from engine.documents.foreign.formats import read_format
from engine.documents.foreign.text_recognition import TextRecogniser
path, times = Path(sys.argv[1]), []
for _ in range(6):
    start = time.process_time()
    read_format(path, TextRecogniser(seconds=0))
    times.append(1000 * (time.process_time() - start))
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024  # rusage counts the parent's
print(f"{path.suffix:8}{times[0]:8.0f}{min(times[1:]):8.1f}{peak:8.0f}")
"""


def milliseconds(read: Callable[[], object]) -> float:
    """The processor time of a call."""
    start = time.process_time()
    with suppress(DocumentError):
        read()
    return 1000 * (time.process_time() - start)


def read(path: Path) -> object:
    """Read one file, without text recognition."""
    return read_format(path, TextRecogniser(seconds=0))


def alone(path: Path) -> None:
    """Take the text of each page with pypdfium2."""
    with suppress(pypdfium2.PdfiumError):
        document = pypdfium2.PdfDocument(path)
        for page in document:
            page.get_textpage().get_text_bounded()
        document.close()


def measure_formats() -> None:
    """Print a row for each format; each is measured in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILES.items():
            path = Path(folder, name)
            path.write_bytes(content)
            command = [sys.executable, "-c", MEASURED, str(path)]
            subprocess.run(command, check=True, cwd=ROOT)


def measure_pdfs(folder: Path) -> None:
    """Print the best of three runs for each PDF, and their sums."""
    sums = [0.0, 0.0]
    for path in sorted(folder.glob("*.pdf")):
        times = [min(milliseconds(lambda: call(path)) for _ in range(3)) for call in (alone, read)]  # noqa: B023 - at once
        sums = [a + b for a, b in zip(sums, times, strict=True)]
        print(f"{path.name[:40]:42}{path.stat().st_size / 1e6:6.1f} MB{times[0]:9.0f}{times[1]:9.0f}")  # noqa: T201 - the command's own output
    print(f"{'all':51}{sums[0]:9.0f}{sums[1]:9.0f}   {sums[1] / sums[0]:.2f} times")  # noqa: T201 - the command's own output


if __name__ == "__main__":
    measure_pdfs(Path(sys.argv[1])) if len(sys.argv) > 1 else measure_formats()
