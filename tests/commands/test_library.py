"""`persona-moe ingest` and `library`: what comes in, what leaves, what is told of it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.documents import reader as corpus
from engine.index import library, topics
from tests.support import ROOT
from tui.command_line import main
from tui.session.library import sample_library

REPORT = ["files", "added", "changed", "removed", "passages", "skipped", "cancelled", "left_out", "notices", "notes"]


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    (folder / "birds").mkdir(parents=True)
    (folder / "birds" / "owl.md").write_text("# Owl\n\nAda Quist keeps an owl.\n")
    (folder / "crow.txt").write_text("Bo Quist keeps a crow.\n")
    (folder / "wren.md").write_text("# Wren\n\nCy Quist keeps a wren.\n")
    return folder


@pytest.fixture
def call(tmp_path, capsys):
    """Run a command in an empty workspace; it must be done, and silent on stderr."""

    def run(*arguments):
        code = main([*map(str, arguments), "--workspace", str(tmp_path / "workspace")])
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


def test_ingest_reports_what_it_did(call, docs):
    report = json.loads(call("ingest", docs, "--json"))
    assert list(report) == REPORT
    assert report == {
        "files": 3, "added": 3, "changed": 0, "removed": 0, "passages": 3, "skipped": [], "cancelled": False,
        "left_out": 0, "notices": [], "notes": [],
    }  # fmt: skip
    (docs / "crow.txt").write_text("Bo Quist keeps two crows, and more.\n")
    (docs / "wren.md").unlink()
    report = json.loads(call("ingest", docs, "--json"))
    assert [report[name] for name in REPORT] == [2, 0, 1, 1, 2, [], False, 0, [], []]
    assert call("ingest", docs) == "2 files: 0 added, 0 changed, 0 removed, 0 skipped; 2 passages in the library\n"


def test_watching_reads_each_change_until_ctrl_c(docs, tmp_path):
    command = [sys.executable, "-m", "tui", "ingest", docs, "--watch", "--json", "--workspace", tmp_path / "workspace"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert json.loads(running.stdout.readline())["added"] == 3
        written = threading.Event()

        def write() -> None:  # the watch begins some time after the first report
            number = 0
            while not written.wait(0.2):
                number += 1
                (docs / "jay.md").write_text(f"# Jay\n\nDee Quist keeps {number} jays.\n")

        threading.Thread(target=write).start()
        assert json.loads(running.stdout.readline())["added"] == 1
        written.set()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate()
        assert (running.returncode, "Traceback" in err) == (130, False)


def test_many_files_that_are_skipped_for_one_reason_are_one_line(call, docs):
    for number in range(6):
        (docs / f"{number}.bin").write_bytes(b"\x00\x01\x02" * 50)
    out = call("ingest", docs)
    assert "6 skipped" in out
    assert "skipped 6 files (`persona-moe library list` names them): binary\n" in out
    assert "0.bin" not in out
    assert call("library", "list").count(".bin: binary\n") == 6


def test_what_cannot_be_read_is_listed_with_its_reason_and_is_no_failure(call, docs):
    (docs / "image.bin").write_bytes(b"\x00\x01\x02" * 50)
    (docs / "latin.txt").write_bytes(b"caf\xe9")
    (docs / "bad.jsonl").write_text('{"id": "1", "text": "fine"}\n{')
    out = call("ingest", docs)
    assert out.startswith("6 files: ")
    assert "2 skipped; 4 passages" in out
    skipped = [line for line in out.splitlines() if line.startswith("skipped ")]
    assert skipped[0].startswith(f"skipped {docs / 'bad.jsonl'}: line 2 is not a record")
    assert skipped[1] == f"skipped {docs / 'image.bin'}: binary"
    assert f"note on {docs / 'latin.txt'}: read as " in out
    listed = json.loads(call("library", "list", "--json"))
    assert list(listed) == ["roots", "skipped", "notes"]
    assert listed["roots"] == [{"path": str(docs), "files": 4, "passages": 4}]
    assert [list(entry) for entry in listed["skipped"]] == [["path", "reason"]] * 2
    assert [list(entry) for entry in listed["notes"]] == [["path", "reason"]]


def test_a_file_name_that_is_no_text_does_not_stop_the_others(call, docs):
    with open(os.fsencode(docs) + b"/bad\xff.md", "w") as file:  # noqa: PTH123 - pathlib takes no bytes
        file.write("# Bad\n\nA name in Latin-1.\n")
    assert "3 passages in the library" in call("ingest", docs)
    assert "not UTF-8" in call("ingest", docs)


def test_progress_is_one_line_on_a_terminal_and_leaves_no_trace(docs, tmp_path, capsys, monkeypatch):
    (docs / "zo\x1b[2J\u202eo.md").write_text("A zoo.\n")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["ingest", str(docs), "--workspace", str(tmp_path / "workspace")]) == 0
    err = capsys.readouterr().err
    _, *shown, blank, end = err.split("\r")
    assert [line.split()[1] for line in shown] == ["1/4", "2/4", "3/4", "4/4"]
    assert all(line.startswith("reading ") and len(line) == 79 for line in shown)
    assert (blank, end) == (" " * 79, "")
    assert not set(err) & {"\x1b", "\u202e", "\n"}


def test_the_library_is_listed_as_a_table(call, docs):
    assert call("library", "list") == "the library is empty; `persona-moe ingest PATH` fills it\n"
    assert json.loads(call("library", "list", "--json")) == {"roots": [], "skipped": [], "notes": []}
    call("ingest", docs / "birds", docs / "crow.txt")
    header, *rows = call("library", "list").splitlines()
    assert header.split() == ["path", "files", "passages"]
    assert [row.split() for row in rows] == [[str(docs / "birds"), "1", "1"], [str(docs / "crow.txt"), "1", "1"]]


def test_what_is_removed_leaves_the_answers(call, docs):
    call("ingest", docs / "birds", docs / "crow.txt")
    question = ("ask", "What does Ada Quist keep?", "--json", "--model", "none")
    assert any("owl" in passage["source"] for passage in json.loads(call(*question))["passages"])
    assert call("library", "remove", docs / "birds") == f"{docs / 'birds'}: 1 file left the library\n"
    assert not any("owl" in passage["source"] for passage in json.loads(call(*question))["passages"])
    removed = json.loads(call("library", "remove", docs / "crow.txt", "--json"))
    assert removed == {"path": str(docs / "crow.txt"), "files_removed": 1}
    assert (docs / "birds" / "owl.md").exists()
    assert (docs / "crow.txt").exists()


def test_a_deleted_file_leaves_the_answers_at_the_next_ingest(call, docs):
    call("ingest", docs)
    (docs / "birds" / "owl.md").unlink()
    call("ingest", docs)
    result = json.loads(call("ask", "What does Ada Quist keep?", "--json", "--model", "none"))
    assert "owl" not in result["answer"]
    assert not any("owl" in passage["source"] for passage in result["passages"])


def test_a_missing_path_changes_nothing(call, docs, tmp_path, capsys):
    call("ingest", docs)
    before = call("library", "list")
    assert main(["ingest", str(docs / "crow.txt"), "/nowhere", "--workspace", str(tmp_path / "workspace")]) == 2
    assert capsys.readouterr().err == (
        "persona-moe: /nowhere does not exist (name a folder or file that holds your documents)\n"
    )
    assert call("library", "list") == before


def test_the_sample_leaves_when_own_documents_come(workspace, docs, capsys):
    assert main(["library", "list", "--workspace", str(workspace)]) == 0
    assert str(sample_library()) in capsys.readouterr().out
    assert main(["ingest", str(docs), "--workspace", str(workspace)]) == 0
    capsys.readouterr()
    assert main(["library", "list", "--json", "--workspace", str(workspace)]) == 0
    assert [root["path"] for root in json.loads(capsys.readouterr().out)["roots"]] == [str(docs)]
    question = "Who led the Net Strike of 1894?"
    assert main(["ask", question, "--json", "--model", "none", "--workspace", str(workspace)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["abstained"]
    assert all(passage["source"].startswith(str(docs)) for passage in result["passages"])


def test_the_report_counts_what_is_left_when_the_sample_has_gone(workspace, docs, capsys):
    assert main(["ingest", str(docs), "--json", "--workspace", str(workspace)]) == 0
    assert json.loads(capsys.readouterr().out)["passages"] == 3


@pytest.fixture
def interrupted(call, docs, tmp_path, monkeypatch, capsys):
    """All three files are changed; ctrl+C comes while the last of them is read."""
    call("ingest", docs)
    for path in sorted(docs.rglob("*.*")):
        path.write_text(path.read_text().replace("keeps", "no longer keeps"))
    real = corpus.read_documents

    def read(path, **options):
        if path.name == "wren.md":
            signal.raise_signal(signal.SIGINT)
        return real(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(library, "read_documents", read)
        code = main(["ingest", str(docs), "--workspace", str(tmp_path / "workspace")])
    out, err = capsys.readouterr()
    return code, out, err


def test_ctrl_c_in_an_ingest_keeps_the_library_whole(interrupted, call, docs):
    code, _, err = interrupted
    assert (code, err) == (130, "persona-moe: cancelled\n")
    assert json.loads(call("library", "list", "--json"))["roots"] == [{"path": str(docs), "files": 3, "passages": 3}]
    for name, bird in (("Ada", "owl"), ("Bo", "crow"), ("Cy", "wren")):
        result = json.loads(call("ask", f"What does {name} Quist keep?", "--json", "--model", "none"))
        assert len(result["passages"]) == len({passage["source"] for passage in result["passages"]}) == 3
        assert bird in result["passages"][0]["source"]
    call("ingest", docs)
    result = json.loads(call("ask", "What does Cy Quist keep?", "--json", "--model", "none"))
    assert "Cy Quist no longer keeps a wren." in [citation["quote"] for citation in result["citations"]]
    assert len(result["passages"]) == 3


def test_ctrl_c_in_an_ingest_keeps_what_was_done_in_whole(interrupted, call, docs):
    assert call("ingest", docs).startswith("3 files: 0 added, 1 changed, 0 removed")


def test_what_is_left_out_and_kept_is_said_in_a_line_each(call, docs):
    (docs / ".gitignore").write_text("drafts/\n")
    (docs / "drafts").mkdir()
    (docs / "drafts/a.md").write_text("# Draft\n")
    assert call("ingest", docs).splitlines()[1:] == ["1 files and folders left out by `exclude` and .gitignore"]
    elsewhere = docs.rename(docs.parent / "elsewhere")
    docs.mkdir()
    (line,) = call("ingest", docs).splitlines()[1:]
    assert line.startswith(f"{docs}: the folder is empty now; 3 indexed files of it stay in the library")
    assert elsewhere.exists()


def test_topics_with_names_and_quoted_sentences(call):
    call("ingest", sample_library())
    lines = call("library", "topics").splitlines()
    assert lines[0].endswith(" topics in 105 passages")
    at = next(n for n, line in enumerate(lines) if line.startswith("Yellow Flag Winter · "))
    assert "Lucan Sedrake" in lines[at] + lines[at + 1]
    assert " passages of " in lines[at]
    quotes = [line for line in lines if line.startswith("  “")]
    assert len(quotes) > 20
    source = lines[lines.index(quotes[0]) + 1].rpartition(" · ")[2]
    assert quotes[0][3:-1] in " ".join(Path(source.partition("#")[0]).read_text().split())
    found = json.loads(call("library", "topics", "--json"))
    assert (found["passages"], found["sampled"]) == (105, 105)
    assert found["topics"][0]["sentences"][0]["quote"] == quotes[0][3:-1]


def test_topics_of_an_empty_library(tmp_path, capsys):
    assert main(["library", "topics", "--workspace", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == "the library is empty; `persona-moe ingest PATH` fills it\n"


def test_ctrl_c_while_topics_are_read_keeps_nothing(workspace, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(topics, "name_network", interrupt)
    assert main(["library", "topics", "--workspace", str(workspace)]) == 130
    assert capsys.readouterr().err == "persona-moe: cancelled\n"
    assert not (workspace / "db" / "library" / "topics.json").exists()


def test_nothing_in_a_topic_steers_the_terminal(call, docs):
    for n in range(3):
        (docs / f"{n}.md").write_text(
            f"# Evil\x1b[2J \u202eTitle {n}\n\nThe Big\x9b Mast of Ada Quist stood {n} days.\n"
        )
    call("ingest", docs)
    for more in ([], ["--json"]):
        assert not set(call("library", "topics", *more)) & set("\x1b\x9b\u202e")
