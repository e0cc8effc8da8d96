"""Choose the reader of a format by the suffix of the file name.

A prepared file can make a reader run for ever or take all memory, so only `engine.documents.sandbox` calls them.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from engine.documents.document import Extract
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.errors import DocumentError

_READERS = {
    "web_page.read_page": ".html .htm .xhtml",
    "pdf.read_pdf": ".pdf",
    "office.read_docx": ".docx .docm .dotx",
    "office.read_pptx": ".pptx .pptm .ppsx",
    "office.read_odf": ".odt .ott .odp",
    "spreadsheet.read_spreadsheet": ".xlsx .xlsm .xlsb .xls .ods",
    "ebook.read_epub": ".epub",
    "rich_text.read_rtf": ".rtf",
    "mail.read_eml": ".eml",
    "mail.read_mbox": ".mbox",
    "mail.read_msg": ".msg",
    "notebook.read_notebook": ".ipynb",
    "subtitles.read_subtitles": ".srt .vtt",
    "chat_export.read_json": ".json",
    "picture.read_picture": ".png .jpg .jpeg .tif .tiff .webp .bmp .gif .heic",
}
FORMATS: Mapping[str, str] = {ending: name for name, endings in _READERS.items() for ending in endings.split()}
"""The module and function of the reader by the suffix of the file name."""

_RECOGNISING = frozenset({"pdf.read_pdf", "picture.read_picture"})
PICTURES = frozenset(suffix for suffix, name in FORMATS.items() if name == "picture.read_picture")
"""The suffixes of pictures, which may have a description (`engine.documents.description`)."""

TEXT_FORMS: Mapping[str, str] = {
    ".pdf": "the text extracted from the PDF",
    ".html": "the visible text of the page",
    ".htm": "the visible text of the page",
    ".xhtml": "the visible text of the page",
    ".epub": "the text of the book",
    ".eml": "the words of the message",
    ".msg": "the words of the message",
    ".json": "",  # most are no chats, and then the text is the file
}
"""Descriptions of the text of a format; that of others is `the text extracted from the file`."""

UNREAD = {
    ".doc": ".docx",
    ".ppt": ".pptx",
    ".pages": ".docx",
    ".key": ".pptx",
    ".numbers": ".xlsx",
    ".mobi": ".epub",
    ".azw3": ".epub",
}
"""Suffixes of formats that are not read, and the suffix of the format to save them in."""


def read_format(path: Path, recogniser: TextRecogniser | None = None) -> list[Extract]:
    """Return the extracts of a file of one of the `FORMATS`. Raises DocumentError."""
    name = FORMATS[path.suffix.lower()]
    module, _, function = name.partition(".")
    reader: Callable[..., list[Extract]] = getattr(import_module(f"engine.documents.foreign.{module}"), function)
    try:
        if name in _RECOGNISING:
            return reader(path, recogniser or TextRecogniser())
        return reader(path)
    except (DocumentError, MemoryError, OSError):
        raise
    except Exception as error:  # a damaged file may raise anything from within a parser
        raise DocumentError(f"damaged: {type(error).__name__}") from error
