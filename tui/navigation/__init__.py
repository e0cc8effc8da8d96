"""How one gets from screen to screen: the table of screens, the bar with their keys, the help, the keys of all panes.

In: the screens' own bindings and the user's keymap. Out: a bar, a help window, the table of KEYS.md, problems of a
keymap, the pane or screen to jump to.

- `screens` has the one table of the screens that a function key opens; `screen_bar` draws it as the first line.
- `key_table` reads every `Binding` of `tui` that has an id: a `BoundKey` each. KEYS.md, the palette and the check of
  `keymap` in configs/screen.yaml come from it, so a key is declared once, where it works.
- `HelpScreen` (help_screen) lists the keys that work at the moment; `JumpScreen` (jump_screen) puts a letter on each
  pane and a number on each screen's name.
- `CommandsInOrder` (command_order) gives the palette its commands; `toggle_zoom` (zoom) makes a pane as large as the
  screen.

What always holds: a class of a screen is imported when it is first opened, not at the start; every binding with an id
has a tooltip, which is its line in the help; ids are never renamed, because a user's keymap names them.

May import `tui.widgets`, `tui.session`, `tui.terminal` and `tui.drawing`; screens only by name, in `key_table`.
"""
