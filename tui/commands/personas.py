"""List, show and change the personas: new, edit, breed, promote, demote, prune (archive), restore, undo.

`export` and `merge` let several machines learn together: what the personas and the gate have learned travels in signed
files, documents and questions do not (db/personas/SHARING.md).
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.errors import PersonaError
from engine.personas.persona import (
    Persona,
    PersonaState,
    RosterEntry,
    content_of,
    copy_of,
    persona_from_json,
    persona_schema,
    persona_to_json,
)
from engine.personas.roster import Verdict, performance_of
from engine.text.safe import one_line
from tui.commands.output import print_text, session_of, show, table
from tui.commands.persona_figures import FIGURES, add_figures
from tui.session.session import Session

if TYPE_CHECKING:
    from db.personas.exchange import Exported, Merged
    from db.personas.folder_roster import FolderRoster

_REBUILT = "the ledger rebuilds every state and every performance"
MOST_PARENTS = 2
_VERDICTS = tuple(map(str, (Verdict.PROMOTE, Verdict.DEMOTE, Verdict.PRUNE, Verdict.RESTORE)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a parser for each action, each with --json."""
    actions = parser.add_subparsers(dest="action", required=True)
    _add_reading(actions)
    _add_editing(actions)
    _add_sharing(actions)
    add_figures(lambda name, summary: _action(actions, name, summary))
    for verdict in _VERDICTS:
        _action(actions, verdict, f"{verdict} a persona").add_argument("persona_id")
    _action(actions, "undo", "undo the latest change made by hand; repeat it to undo the one before")
    ledger = _action(actions, "ledger", "print every reward and change, oldest first")
    ledger.add_argument("persona_id", nargs="?", help="only the entries about this persona")
    checks = ledger.add_mutually_exclusive_group()
    checks.add_argument(
        "--verify", action="store_true", help="find changed lines; compare the ledger with the personas and the runs"
    )
    checks.add_argument("--reseal", action="store_true", help="accept lines that you changed or removed yourself")


def _add_reading(actions: Any) -> None:
    listing = _action(actions, "list", "all personas and their states")
    states = tuple(map(str, PersonaState))
    listing.add_argument("--state", choices=states, help="only personas in this state; `pruned` is the archive")
    show = _action(actions, "show", "one persona's file")
    show.add_argument("persona_id", nargs="?")
    show.add_argument("--schema", action="store_true", help="print the JSON schema of a persona file instead")
    _action(actions, "validate", "check persona files").add_argument("files", nargs="+", type=Path, metavar="FILE")


def _add_editing(actions: Any) -> None:
    new = _action(actions, "new", "add an experimental persona, from a file or with the default traits")
    new.add_argument("persona_id")
    new.add_argument("--from", dest="source", type=Path, metavar="FILE", help="a persona file to copy")
    new.add_argument("--trait", action="append", default=[], metavar="NAME=1-9")
    edit = _action(actions, "edit", "change texts and traits; if its walk changes, and starts afresh")
    edit.add_argument("persona_id")
    edit.add_argument("--from", dest="source", type=Path, metavar="FILE", help="take everything from this persona file")
    edit.add_argument("--trait", action="append", default=[], metavar="NAME=1-9", help="set a trait; NAME= removes it")
    edit.add_argument("--cost", type=float, metavar="0-1", help="its activation cost, in units of reward")
    edit.add_argument("--name", help="the name that the screens show")
    edit.add_argument("--description")
    edit.add_argument("--expertise", action="append", metavar="FIELD", help="a field it knows well; may be repeated")
    edit.add_argument("--record", choices=("keep", "afresh"), help="keep its rewards or start anew, whatever changed")
    breed = _action(actions, "breed", "add a child of one persona (traits changed a little) or of two (traits mixed)")
    breed.add_argument("persona_ids", nargs="+", metavar="PERSONA", help="one or two")


def _add_sharing(actions: Any) -> None:
    export = _action(actions, "export", "write what was learned here to a signed file, for other machines")
    export.add_argument("file", type=Path, metavar="FILE", help="or a folder, for a file named by this device")
    export.add_argument(
        "--noise", type=float, metavar="EPSILON", help="only sums with noise: differential privacy for each question"
    )
    merge = _action(actions, "merge", "learn from files of other machines; without FILE, show what was merged")
    merge.add_argument("files", nargs="*", type=Path, metavar="FILE", help="or a folder with such files")
    merge.add_argument("--accept", action="append", default=[], metavar="DEVICE", help="trust this signer from now on")
    merge.add_argument(
        "--take", action="append", default=[], metavar="PERSONA", help="take over this persona as it is there"
    )


def _action(actions: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def run(options: argparse.Namespace) -> int:
    """Run one action; exit 2 for an unknown persona, a bad file, or a change that is not possible."""
    if options.action == "validate":
        return _validate(options)
    if options.action == "show" and options.schema:
        print_text(json.dumps(persona_schema(), indent=2))
        return 0
    session = session_of(options)
    with_session = {"breed": _breed, "export": _share, "merge": _share, **FIGURES}
    if options.action == "ledger" and options.verify:
        return _verify(session, options)
    if options.action in with_session:
        return with_session[options.action](session, options)
    roster = session.personas.roster
    actions = {"list": _list, "show": _show, "new": _new, "edit": _edit, "undo": _undo, "ledger": _ledger}
    return actions.get(options.action, _change)(roster, options)


def _list(roster: "FolderRoster", options: argparse.Namespace) -> int:
    entries = [entry for entry in roster.entries() if options.state in {None, str(entry.state)}]
    problems = (one_line(f"not read: {problem}") for problem in roster.problems())
    lines = chain(table(("persona", "state", "samples", "mean", "name"), [_row(entry) for entry in entries]), problems)
    show(options, [_as_dict(entry) for entry in entries], lines)
    return 0


def _row(entry: RosterEntry) -> tuple[str, str, int, str, str]:
    earned = performance_of(entry.persona)
    mean = f"{earned.mean:.3f}" if earned.samples else "-"
    return entry.persona.persona_id, str(entry.state), earned.samples, mean, entry.persona.name


def _as_dict(entry: RosterEntry) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(entry.persona)
    return {"persona_id": fields.pop("persona_id"), "state": str(entry.state), **fields}


def _show(roster: "FolderRoster", options: argparse.Namespace) -> int:
    if options.persona_id is None:
        raise PersonaError("which persona?", hint="personas show ID, or --schema")
    entry = roster.find(options.persona_id)
    return _say(entry, options, f"{entry.state}\n{persona_to_json(entry.persona)}".rstrip())


def _new(roster: "FolderRoster", options: argparse.Namespace) -> int:
    if options.source:
        from db.personas.files import load_persona_from_file  # noqa: PLC0415 - only this action reads a file

        pattern = load_persona_from_file(options.source)
    else:
        pattern = Persona(options.persona_id, {})
    data: dict[str, Any] = json.loads(persona_to_json(copy_of(pattern, options.persona_id)))
    data["traits"] |= dict(_trait(text) for text in options.trait)
    persona = persona_from_json(data, where=options.persona_id)
    roster.add(persona, PersonaState.EXPERIMENTAL, decided_by="user")
    return _say(roster.find(persona.persona_id), options, f"{persona.persona_id} is experimental")


def _trait(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    if not name or not value.isdecimal():
        raise PersonaError(f"trait {text!r} is not valid", hint="NAME=1-9, for example focus=7")
    return name, int(value)


def _edit(roster: "FolderRoster", options: argparse.Namespace) -> int:
    entry = roster.find(options.persona_id)
    pattern = entry.persona
    if options.source:
        from db.personas.files import load_persona_from_file  # noqa: PLC0415 - only this action reads a file

        pattern = load_persona_from_file(options.source)
    data: dict[str, Any] = json.loads(persona_to_json(pattern)) | {"persona_id": options.persona_id}
    _apply_options(options, data)
    persona = persona_from_json(data, where=options.persona_id)
    afresh = None if options.record is None else options.record == "afresh"
    edited = roster.edit(persona, afresh=afresh)
    if content_of(edited.persona) == content_of(entry.persona):
        return _say(edited, options, f"{options.persona_id} is unchanged")
    samples = performance_of(entry.persona).samples
    restarted = samples and not performance_of(edited.persona).samples
    return _say(edited, options, f"{options.persona_id}: saved{', and starts afresh' if restarted else ''}")


def _apply_options(options: argparse.Namespace, data: dict[str, Any]) -> None:
    """Change the data of a persona as the options say."""
    for text in options.trait:
        if text.endswith("=") and text[:-1] in data["traits"]:
            del data["traits"][text[:-1]]
        else:
            data["traits"] |= dict([_trait(text)])
    data["metadata"] |= {k: getattr(options, k) for k in ("name", "description") if getattr(options, k) is not None}
    fields = {"activation_cost": options.cost, "expertise": options.expertise}
    data |= {name: value for name, value in fields.items() if value is not None}


def _undo(roster: "FolderRoster", options: argparse.Namespace) -> int:
    from tui.personas.text import undone_words  # noqa: PLC0415 - only this action draws

    undone = roster.undo()
    return _say(roster.find(undone.persona_id), options, undone_words(undone).replace("→", "->"))


def _breed(session: Session, options: argparse.Namespace) -> int:
    if len(options.persona_ids) > MOST_PARENTS:
        raise PersonaError(f"{len(options.persona_ids)} parents", hint="one or two are valid")
    born = session.personas.breed(options.persona_ids)
    traits = ", ".join(f"{trait} {value}" for trait, value in born.traits.items())
    message = f"{born.persona_id} is experimental, a child of {' and '.join(born.parents)}: {traits}"
    return _say(session.personas.roster.find(born.persona_id), options, message)


def _change(roster: "FolderRoster", options: argparse.Namespace) -> int:
    moved = roster.change(options.persona_id, Verdict(options.action), rule="manual", decided_by="user")
    afresh = ", and starts afresh" if moved.before == PersonaState.PRUNED else ""
    return _say(roster.find(moved.persona_id), options, f"{moved.persona_id}: {moved.before} -> {moved.after}{afresh}")


def _say(entry: RosterEntry, options: argparse.Namespace, message: str) -> int:
    show(options, _as_dict(entry), [message])
    return 0


def _verify(session: Session, options: argparse.Namespace) -> int:
    differences = session.personas.roster.verify(session.workspace.runs)
    verdict = "the ledger, the folders and the runs differ" if differences else _REBUILT
    show(options, {"differences": differences}, [*differences, verdict])
    return 1 if differences else 0


def _ledger(roster: "FolderRoster", options: argparse.Namespace) -> int:
    if options.reseal:
        roster.ledger.reseal()
        show(options, {"resealed": True}, [f"every line of {roster.ledger.path} is accepted as it is"])
        return 0
    if options.persona_id:
        roster.find(options.persona_id)
    from tui.personas.text import ledger_line  # noqa: PLC0415 - only this action draws

    for entry in roster.ledger.about(options.persona_id) if options.persona_id else roster.ledger.entries():
        data = {"entry": type(entry).__name__, **msgspec.to_builtins(entry)}
        show(options, data, map(ledger_line, [entry]))
    return 0


def _share(session: Session, options: argparse.Namespace) -> int:
    from db.personas.exchange import Exchange  # noqa: PLC0415 - only these actions share

    exchange = Exchange(session.personas.roster)
    if options.action == "export":
        exported = exchange.export(options.file, epsilon=options.noise)
        show(options, asdict(exported), _export_lines(exported))
    else:
        merged = exchange.merge(options.files, accept=options.accept, take=options.take)
        show(options, asdict(merged), _merge_lines(merged))
    return 0


def _export_lines(exported: "Exported") -> Iterator[str]:
    from tui.drawing.cells import counted  # noqa: PLC0415 - only this action draws

    noise = "" if exported.epsilon is None else ": their sums with noise"
    rewards = counted(exported.rewards, "reward") if exported.epsilon is None else "rewards"
    yield one_line(f"{exported.file}: {rewards} of {counted(exported.personas, 'persona')}{noise}")
    yield f"signed by device {exported.device}"
    if exported.epsilon is not None:
        yield f"epsilon {exported.epsilon:g}; {exported.epsilon_in_all:g} in all files of this device with noise"


def _merge_lines(merged: "Merged") -> Iterator[str]:
    from tui.drawing.cells import counted  # noqa: PLC0415 - only this action draws
    from tui.personas.text import edit_words  # noqa: PLC0415

    for file in merged.files:
        new = f"{counted(file.new_rewards, 'new reward')} of device {file.device}"
        yield one_line(f"{file.file}: {file.note or new}")
    yield from (f"{name}: added" for name in merged.added)
    yield from (f"{name}: taken over" for name in merged.taken_over)
    for conflict in merged.conflicts:
        difference = edit_words(content_of(conflict.own), content_of(conflict.other)).replace("→", "->")
        effect = "" if conflict.counts else "; what it earned there does not count"
        yield one_line(
            f"{conflict.persona_id}: differs on device {conflict.device} ({difference}){effect}"
            f" (take it over with --take {conflict.persona_id}@{conflict.device[:8]})"
        )
    yield f"{counted(merged.rewards, 'reward')} of {counted(merged.devices, 'other device')}"


def _validate(options: argparse.Namespace) -> int:
    from db.personas.files import load_persona_from_file  # noqa: PLC0415

    results: list[dict[str, Any]] = []
    for path in options.files:
        try:
            persona: Persona | None = load_persona_from_file(path)
            results.append({"file": str(path), "valid": True, "persona_id": persona.persona_id if persona else ""})
        except PersonaError as error:
            results.append({"file": str(path), "valid": False, "error": str(error)})
    lines = (one_line(f"{result['file']}: {'valid' if result['valid'] else result['error']}") for result in results)
    show(options, results, lines)
    return 0 if all(result["valid"] for result in results) else 2
