"""How text and signs become terminal cells, for screens and commands alike.

In: text from documents, models and files, figures, and the environment with the setting `screen.ascii`.
Out: text whose width every terminal agrees on, and text in ASCII where a terminal cannot show more.

- `cells`: `plain` (foreign text as one safe line), `fit` (in exactly so many cells), `score`, `bar`, `title`.
- `marks`: every sign, named by its meaning, and the ASCII character that replaces it.
- `pictures`: a decoded picture as half blocks, or by the protocol of kitty or as sixels, for the source screen.
- `ascii`: `may_draw_unicode`, the one place that decides; `replacement` for the screens, `limit_output` for commands.

Always: foreign text passes `plain`, `steady` or `fit` before it is drawn, so that nothing in it controls the terminal
or moves a column; a sign that is drawn anywhere is in the table of `marks`, which a test checks.

May import the engine and rich. It knows no widget, no screen and no session.
"""
