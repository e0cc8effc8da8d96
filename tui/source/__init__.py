"""The source screen: the document of a citation, opened at the quote. Ask and Graph open it.

In: the `Citation`s of an answer and the library that reads their files. Out: nothing; the screen is dismissed.

- `SourceScreen` (screen) reads the file in a thread, and says whether it still has the quote.
- `SourcePreview` (preview) shows the document of a citation beside the list of citations.
- `SourcePane` (pane) draws the rows in sight, with line numbers; quote and found words are highlighted.
- `PicturePane` (picture_pane) draws the picture of a source, decoded in a confined process.
- `WrappedText` (rows) divides a text of any length into rows. It wraps only what is in sight: a `Row` is a span of
  characters, an `Anchor` names a row without counting all rows before it.
- `head_text` and `note_text` (text) are the lines above the document; `copied_quotation` (copied) is a citation for
  the clipboard.

What always holds: positions are characters of the source's text, as in the citation; text of a document is cleaned
before it is drawn; a file that changed or is gone is reported, and the indexed passage is shown instead.

May import `tui.widgets`, `tui.session`, `tui.terminal`, `tui.drawing`, `db` and `engine`; no other screen.
"""
