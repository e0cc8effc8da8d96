"""Opening the library behind the first screen: progress, result, failure."""

from typing import Any

from engine.errors import LibraryError
from tests.support import scripted_run as script
from tui.ask.library_opening import LibraryOpening


def view_on(session: Any) -> tuple[LibraryOpening, list[str]]:
    lines = list[str]()
    view = LibraryOpening(session.library)
    view.watchers.append(lambda: lines.append(view.line()))
    return view, lines


async def test_it_tells_how_far_it_is():
    view, lines = view_on(script.ScriptedSession())
    assert view.line() == "opening the library"
    await view.open()
    assert lines[0] == "sample library · opening"
    assert "sample library · indexing 3/51 people/odo-brennick.md" in lines
    assert (view.line(), view.ready.is_set()) == ("sample library · 412 passages", True)


async def test_the_suggestions_come_with_it():
    view, _ = view_on(script.ScriptedSession())
    await view.open()
    assert view.suggestions[0] == script.QUESTION


async def test_a_library_that_cannot_be_opened_is_a_message():
    session = script.ScriptedSession()
    session.opening_error = LibraryError("the index is locked", hint="close the other session")
    view, _ = view_on(session)
    await view.open()
    assert (view.problem, view.ready.is_set()) == ("the index is locked (close the other session)", True)


async def test_skipped_files_are_counted():
    session = script.ScriptedSession()
    session.skipped = ("a", "b")
    view, _ = view_on(session)
    await view.open()
    assert (view.note, view.line().endswith(" · 2 files skipped")) == ("", True)
