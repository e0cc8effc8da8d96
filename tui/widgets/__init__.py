"""The widgets that several screens share.

In: lines, texts and results that a screen gives them. Out: what they draw, and messages when a key changes something.

- `ScrollKeys`: the keys that scroll; `TextPane`, a page of widgets that scrolls as a whole.
- `LinePane`: a pane of prepared lines that draws only the visible ones; `CursorPane` has a line that is chosen;
  `DetailsPane` shows wrapped paragraphs.
- `CursorRest`: draws the details of the line under a cursor, but not of every line that a held key passes.
- `LineInput`: a line to type in that is hidden until it is opened; `EditLine` has a label before it.
- `MessageLine`: the result of the last action; `SteadyText` is drawn only when its text changes.
- `SaveScreen`: asks for the name of a file and writes an answer to it.

Always: a widget shows state and posts messages; it does no work of the engine, and reads and writes no file except
`SaveScreen`. Nothing blinks and nothing is drawn twice, for every repaint crosses the SSH line.

May import `tui.run`, `tui.session`, `tui.drawing`, `tui.terminal` and what is below them. It knows no other screen.
"""
