"""Read files of foreign formats.

`formats` maps the suffix of a file name to its reader. A reader returns `engine.documents.document.Extract`s, whose
text is Markdown that it wrote with a `markdown_writer`. All readers run in `engine.documents.sandbox`, because a
prepared file can make them run for ever. They fetch nothing, and run nothing that is in a file.
"""
