"""The graph screen: the passages and links of a run, as they grew step by step.

In: a `Session` and the `RunFeed` of the application, or the recorded events of a run for the command `graph`. Out: a
tree on the screen, as lines of text, or as JSON.

- `state`: `Growth` reduces events to a `GraphState` at any step; `Visit` and `GraphNode` are its parts.
- `tree`: `tree_of` lays the graph out as a tree, `tree_lines` makes its lines for a `Choice` of persona and folding.
- `selection`: `GraphSelection` is what the keys change. `text` and `details_text` draw, `report` is for the command.
- `GraphScreen` (screen) and `GraphPane` (pane) are the widgets.

What always holds: `state`, `tree` and `report` import no Textual. The graph is computed from events alone, so that of
a recorded run is the graph that was drawn live. A persona has the number, and so the colour, of the other panes.

May import `tui.source`, `tui.navigation` and what they may import; no other screen.
"""
