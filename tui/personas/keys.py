"""The keys of the persona manager; the footer of 80 columns shows the most needed, F1 all of them."""

from textual.binding import Binding, BindingType

PERSONA_KEYS: list[BindingType] = [
    Binding(
        "escape", "back", "Back", id="personas.back", show=False,
        tooltip="Leave the detail, the filter, a chosen parent or marks; else go back to the question",
    ),
    Binding(
        "p", "change('promote')", "Promote", id="promote", tooltip="One state up: experimental, stable, active"
    ),
    Binding("d", "change('demote')", "Demote", id="demote", tooltip="One state down"),
    Binding("x", "change('prune')", "Prune", id="prune", tooltip="Into the archive; u or r brings it back"),
    Binding("r", "change('restore')", "Restore", id="restore", tooltip="Out of the archive, to start afresh"),
    Binding("u", "undo", "Undo", id="personas.undo", tooltip="Take back the latest change by hand, then the next"),
    Binding("e", "edit", "Edit", id="personas.edit", tooltip="Edit texts and traits in a form"),
    Binding("n", "new", "New", id="personas.new", tooltip="A new persona, in a form"),
    Binding("slash", "find", "Find", id="personas.find", tooltip="Only personas with these words"),
    Binding("b", "breed", "Breed", id="breed", show=False, tooltip="Choose a parent, then another: their child joins"),
    Binding("c", "copy", "Copy", id="personas.copy", show=False, tooltip="A new persona like this one, in a form"),
    Binding(
        "ctrl+e", "editor", "Editor", id="personas.editor", show=False, tooltip="Its file in $EDITOR, checked after"
    ),
    Binding(
        "s", "sort", "Sort", id="personas.sort", show=False, tooltip="Sort by state, name, mean or samples in turn"
    ),
    Binding("m", "mark", "Mark", id="personas.mark", show=False, tooltip="Mark one of two personas to compare"),
    Binding(
        "equals_sign", "compare", "Compare", id="personas.compare", show=False,
        tooltip="The marked persona beside the highlighted one, or two marked ones",
    ),
    Binding("t", "family", "Family", id="personas.family", show=False, tooltip="Go to a parent or a child"),
    *(
        Binding(str(n + 1), f"tab({n})", name, id=f"personas.tab{n + 1}", show=False, tooltip=told)
        for n, (name, told) in enumerate((
            ("Card", "What it is, and what its state rests on"),
            ("Chart", "Its rewards and their mean over the runs"),
            ("Ledger", "Every change of it: before, after, figures, rule, who, when"),
            ("Receipts", "How the gate chose in the last runs, and why"),
        ))
    ),
    Binding("j", "cursor(1)", "Down", show=False, id="personas.down", tooltip="The next persona"),
    Binding("k", "cursor(-1)", "Up", show=False, id="personas.up", tooltip="The persona before"),
    Binding("g", "ends(0)", "First", show=False, id="personas.first", tooltip="The first persona"),
    Binding("G", "ends(-1)", "Last", show=False, id="personas.last", tooltip="The last persona"),
]  # fmt: skip
