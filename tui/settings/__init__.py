"""The settings screen: the list of all settings, an explanation of the selected one, and the keys that change it.

In: the `Session`, which reads and writes the files, and `engine.settings.options`, which says what each setting means.
Out: changed files, and the message `SettingsScreen.Changed`, at which the application takes over theme and keys.

- `screen`: `SettingsScreen`. `text`: the line of a setting in the list, and its explanation.
- `styles.tcss`: the layout.

Must hold: every change is written at once, in the order of the key presses, outside the event loop; what cannot be
written is said on the message line and changes nothing. A value can be typed as it is shown. What the screen does, the
command `persona-moe settings` does too, by the same functions.

May import: `tui.session`, `tui.navigation`, `tui.widgets`, `tui.drawing`, `engine.settings`; no other screen.
"""
