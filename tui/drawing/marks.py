"""The signs that screens and commands draw, each named by its meaning, and the ASCII character that can replace it."""

# ruff: noqa: RUF001 - the tables are of just such characters

NO_VALUE = "·"
CHOSEN = "*"
DIFFERENT = "≠"
ARROW = "→"
DONE, PROBLEM = "✓", "!"

ANSWERED, UNANSWERED, CANCELLED, FAILED = "●", "○", "■", "✗"
"""How a run ended."""
READY, RUNNING = "·", "▸"
"""Before it, and while it goes on."""

CALLED, WALKING, BACK, RESTING = "●", "▸", "✓", "○"
"""How far a persona is in a run."""

STATES = {"active": "●", "stable": "◐", "experimental": "○", "pruned": "x"}
"""By the state of a persona."""

JUDGEMENTS = {True: "+", False: "-", None: ""}
MIXED = "±"
"""The user's judgements of an answer or a citation; of a run of which something was liked, something not."""

OPEN, FOLDED = "▾", "▸"
ASCENDING, DESCENDING = "▴", "▾"
CURSOR = "▸"
QUOTED = "▌"
"""Beside the lines of a document that hold a quotation."""

RAIL, FORK, CORNER = "│ ", "├─", "└─"
REFERENCE, NEW = "↗", "»"
"""In the tree of the graph: a passage that stands elsewhere in full, and one that the last step added."""

LINE, BETWEEN_BOUNDS, MEAN = "─", "═", "●"
FILLED, EMPTY = "━", "·"
"""Of scales and bars."""

_TWINS = {
    "●◉◆": "*", "○◦": "o", "◐◑◒◓": "%", "■▪█▇▆▅▄▃▂▁▉▊▋▌▍▎▏▐▀▔▕": "#", "□▫": "o",
    "✗✘×": "x", "✓✔": "v", "▸▶►▷→⇒❯›": ">", "◂◀◄←⇐‹": "<", "↑▲△▴⇑↗": "^", "↓▼▽▾⇓": "v", "↔↕": "-",
    "·•∙⋅": ".", "…": ".", "“”„«»‟": '"', "‘’‚‛`´": "'", "–—‐‑‒―−─┄┈╌╴╶": "-", "━═╍┅┉╸╺": "=", "≠": "!",
    "│┃║┆┊╎╵╷┇┋╏▏": "|", "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╒╕╘╛╞╡╤╧╪╓╖╙╜╟╢╥╨╫": "+",
    "╱": "/", "╲": "\\", "╳": "X", "░": ".", "▒": ":", "▓": "#", "★☆": "*", "±": "+", "≤": "<", "≥": ">", "≈": "~",
    "⏎↵": "<", "⎇ⓘ": "i", "⚠": "!", "\u00a0\u2007\u202f": " ", "⭘": "o", "⏸": "|", "⏵": ">",
    "ß": "s", "æ": "a", "Æ": "A", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "þ": "t",
    "ð": "d", "œ": "o", "Œ": "O",
}  # fmt: skip
ASCII = {sign: twin for signs, twin in _TWINS.items() for sign in signs}
"""The ASCII character for each sign, for those of Textual, and for letters without a decomposition into ASCII."""
