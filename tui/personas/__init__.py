"""The personas screen (F2): a table of all personas, the detail of the highlighted one, and the keys that change it.

In: the entries and the record that a `Session` reads from the roster. Out: calls of the roster (promote, prune, edit,
undo ...), each in a thread, and a message line that says what was done.

- `PersonasScreen` (screen) holds a `PersonaTable` (table) and a `PersonaDetail` (detail); its keys are in `keys`.
- `PersonaDetail` shows one of five tabs. A tab is a function of width and height that gives lines: `card.card_lines`
  for the first one, `finds.finds_text` for the last one, and `chart_text`, `ledger_text` and `receipts_text` of `text`.
- `PersonaForm` (form) edits one persona, with a `TraitList`; `file_editor` opens the user's own editor instead.
- `FamilyScreen` and `PersonaCompareScreen` are opened over the screen.
- `card`, `text` and `chart` make lines of text without a screen, so `persona-moe personas` prints the same.

What always holds: the disk is read and written in threads, never in a key's handler; the roster is read anew after
every change and at every visit; text of a persona file is cleaned before it is drawn.

May import `tui.navigation`, `tui.widgets`, `tui.run`, `tui.session`, `tui.terminal`, `tui.drawing`, `db` and `engine`;
no other screen.
"""
