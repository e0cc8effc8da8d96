"""The keys of the personas screen; the footer of 80 columns shows the most needed, F1 all of them."""

from textual.binding import Binding, BindingType

PERSONA_KEYS: list[BindingType] = [
    Binding(
        "escape", "back", "Back", id="personas.back", show=False,
        tooltip="Close the detail, the filter, a chosen parent or the marks; else go back to Ask",
    ),
    Binding("p", "change('promote')", "Promote", id="promote", tooltip="One state up: experimental, stable, active"),
    Binding("d", "change('demote')", "Demote", id="demote", tooltip="One state down"),
    Binding("x", "change('prune')", "Prune", id="prune", tooltip="Move it to the archive; u or r brings it back"),
    Binding("r", "change('restore')", "Restore", id="restore", tooltip="Bring it back; it starts afresh"),
    Binding("u", "undo", "Undo", id="personas.undo", tooltip="Take back the latest change by hand"),
    Binding("e", "edit", "Edit", id="personas.edit", tooltip="Edit its texts and traits in a form"),
    Binding("n", "new", "New", id="personas.new", tooltip="Add a new persona, in a form"),
    Binding("slash", "find", "Find", id="personas.find", tooltip="Show only personas with these words"),
    Binding("b", "breed", "Breed", id="breed", show=False, tooltip="Choose two parents, and add their child"),
    Binding("c", "copy", "Copy", id="personas.copy", show=False, tooltip="Add a copy of this persona, in a form"),
    Binding("ctrl+e", "editor", "Editor", id="personas.editor", show=False, tooltip="Edit its file in $EDITOR"),
    Binding("s", "sort", "Sort", id="personas.sort", show=False, tooltip="Sort by state, name, mean or samples"),
    Binding("m", "mark", "Mark", id="personas.mark", show=False, tooltip="Mark a persona to compare it with another"),
    Binding(
        "equals_sign", "compare", "Compare", id="personas.compare", show=False,
        tooltip="Compare the marked persona with the highlighted one, or two marked ones",
    ),
    Binding("t", "family", "Family", id="personas.family", show=False, tooltip="Go to a parent or a child"),
    *(
        Binding(str(n + 1), f"tab({n})", name, id=f"personas.tab{n + 1}", show=False, tooltip=tooltip)
        for n, (name, tooltip) in enumerate((
            ("Card", "Description and traits, and when its state will change"),
            ("Chart", "Its rewards and their mean over the runs"),
            ("Ledger", "Every change of it, with rule and time, the latest first"),
            ("Receipts", "Why the gate called it or not in the last runs"),
            ("Finds", "The cited passages that it alone found, and for which questions"),
        ))
    ),
]  # fmt: skip
