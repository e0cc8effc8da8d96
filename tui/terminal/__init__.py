"""What the terminal and Textual need around the screens.

In: the environment, Textual's application and driver, and calls that ask for a draw.
Out: draws that a slow line can carry, colours that can be read or none, a program in the terminal for a while.

- `requirements`: whether a full-screen program can run here, and erase in a colour; it imports nothing of Textual.
- `textual_fixes`: `SteadyApp`, `lasting` and all other uses of Textual's private names.
- `frame_pacing`: `Pace`, at most 12 draws a second and none before the terminal has shown the last one.
- `key_order`: `OrderedKeys`, a `SteadyApp` in which keys that come together go where each of them leads.
- `changed_cells`: `ShownCells`, what the terminal shows; `SteadyApp` sends only the cells that differ from it.
- `pen`: `Pen`, the shortest sequences for moves, styles and blanks.
- `graphics`: how the terminal draws pictures, and how large its cells are.
- `contrast`: a filter that gives faint text a colour that can be read.
- `no_color`: a filter for NO_COLOR that keeps what a background says.
- `editor`: the user's editor or pager on a file.

Always: a timer of a screen is set through `sure` or a `SteadyApp`; no file outside `textual_fixes` uses a private name
of Textual.

May import the engine, rich and Textual. It knows no widget of ours, no screen and no session.
"""
