"""Read files of foreign formats.

`formats` says which reader reads which ending. Each reader gives an `engine.documents.document.Extract`, whose text is
Markdown that it made with a `markdown_writer`. All of them run confined (`engine.documents.sandbox`): what they get may
be made to take for ever. They fetch nothing, and run nothing that a file brings.
"""
