"""A run as a file: its name, its format, and that it is written whole."""

import json
from pathlib import Path

import pytest

from engine.documents.document import Location
from engine.documents.passages import Passage
from engine.errors import InputError
from tests.support import scripted_run as script
from tui.run.export import as_markdown, default_name, export, file_named, write_text
from tui.run.result import result_of

RESULT = result_of(script.state_of(script.answered()))


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who led the Net Strike of 1894?", "who-led-the-net-strike-of-1894.md"),
        ("../../etc/passwd\x00 \x1b[2J", "etc-passwd-2j.md"),
        ("Où est Łódź?", "où-est-łódź.md"),
        ("word " * 40, f"{'-'.join(['word'] * 9)}.md"),
        ("?!", "run-1.md"),
        ("x" * 300, "run-1.md"),
    ],
)
def test_a_file_is_named_by_its_question(question, name):
    assert default_name(question, "run-1") == name
    assert "/" not in name


def test_the_suffix_says_the_format(tmp_path):
    for name in ("a.md", "a.MARKDOWN", "a.txt"):
        export(RESULT, tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8") == as_markdown(RESULT)
    export(RESULT, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads(json.dumps(RESULT))
    for name in ("a.pdf", "a"):
        with pytest.raises(InputError, match=r"no format has that ending \(valid are \.md"):
            export(RESULT, tmp_path / name)
    assert len(list(tmp_path.iterdir())) == 4


def test_markdown_has_every_quote_and_nothing_that_steers_a_terminal():
    hostile = {**RESULT, "question": "who\n\x1b[2J?", "answer": "a\x9bb"}
    text = as_markdown(hostile)
    assert text.startswith(
        "# who [2J?\n\nab\n\n[1] Ysolde Marrak, /library/people/ysolde-marrak.md:120-178\n\n> She kept"
    )
    assert text.count("\n> ") == 2


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(InputError, match="a file that can be written"):
        export(RESULT, tmp_path / "nowhere" / "a.md")
    with pytest.raises(InputError, match="a file that can be written"):
        write_text(Path(), "x")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(InputError, match="a file that can be written"):
        export(RESULT, tmp_path / "folder.md")


@pytest.mark.parametrize("name", ["x" * 300 + ".md", "~nobody-of-this-name/a.md", "a\0.md", "loop/a.md"])
def test_a_name_that_cannot_be_is_refused_like_a_place(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="a file that can be written"):
        export(RESULT, file_named(name)[0])


def test_a_typed_name_is_a_path_and_whether_it_exists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert file_named("a.md") == (Path("a.md"), False)
    assert file_named("~/a.md") == (tmp_path / "home" / "a.md", False)
    (tmp_path / "a.md").touch()
    assert file_named("a.md") == (Path("a.md"), True)


def test_a_passage_has_its_place_and_text_if_the_library_still_holds_it():
    state = script.state_of(script.answered())
    ranked, *others = state.evidence.passages if state.evidence else ()
    place = (Location(0, 7),)
    indexed = Passage(ranked.id, ranked.source, ranked.title, "Mooring", 40, 45, "words", locations=place)
    passages = result_of(state, lambda name, _title: indexed if name == ranked.id else None)["passages"]
    assert passages[0] == {
        "id": ranked.id, "source": ranked.source, "title": ranked.title, "score": ranked.score, "heading": "Mooring",
        "page": 7, "location": "", "start": 40, "end": 45, "text": "words",
    }  # fmt: skip
    assert len(others) == len(passages) - 1
    assert all(set(passage) == {"id", "source", "title", "score"} for passage in passages[1:])
