"""`persona-moe library describe`: a vision model describes pictures; its words are marked wherever they are cited."""

import base64
import json
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.foreign_files import photograph
from tests.support.ollama_server import COMPLETION, OllamaServer, Scripted, failure
from tui.command_line import main

SEES, WRITES = "llava:7b", "qwen3:4b"
MODELS = {WRITES: COMPLETION, SEES: ("completion", "vision")}
PICTURE = b"\x89PNG\r\n\x1a\n"
BOAT = Scripted(["A red trawler lies at the quay of Holmvik. ", "Two gulls sit on its mast."])
BARN = Scripted(["A white barn with the sign NORDTHERM."])


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "barn.png").write_bytes(PICTURE + b"barn")
    (folder / "boat.jpg").write_bytes(photograph("2023:07:03 10:20:30"))
    (folder / "notes.md").write_text("# Notes\n\nAda Quist keeps an owl.\n")
    return folder


@pytest.fixture
def server(workspace: Path, docs: Path):
    (workspace / "configs" / "system.yaml").write_text("text_recognition: 'off'\n")
    with OllamaServer(MODELS) as running:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {running.url}\ntimeout_seconds: 1\n")
        assert main(["ingest", str(docs), "--workspace", str(workspace)]) == 0
        yield running


@pytest.fixture
def call(call, server, capsys):
    capsys.readouterr()  # of the first ingest
    return call


def cited(call, question):
    return json.loads(call("ask", question, "--model", "none", "--json"))["citations"]


def descriptions(workspace: Path) -> list[Path]:
    return list((workspace / "db" / "library" / "descriptions").glob("*"))


def test_a_description_is_found_and_cited_as_the_words_of_the_model(call, server, docs):
    server.enqueue(BARN, BOAT)
    text = "A red trawler lies at the quay of Holmvik. Two gulls sit on its mast."
    report = json.loads(call("library", "describe", docs, "--json"))
    described = report["described"][str(docs / "boat.jpg")]
    day = date.fromisoformat(described["date"])
    assert described == {"model": SEES, "date": day.isoformat(), "text": text}
    assert (len(report["described"]), report["not_described"], report["already_described"]) == (2, [], 0)
    (citation,) = cited(call, "What sits on the mast?")
    assert "Two gulls sit on its mast." in citation["quote"]
    assert "Taken on" not in citation["quote"]  # those are not the model's words
    assert (citation["source"], citation["location"]) == (str(docs / "boat.jpg"), f"described by {SEES}")
    (citation,) = cited(call, "Where does the red trawler lie?")
    assert citation["quote"].startswith(f"Description by {SEES}, {day}: A red trawler lies at the quay of Holmvik.")
    (citation,) = cited(call, "What was taken on 3 July 2023?")
    assert (citation["quote"][:10], citation["location"]) == ("Taken on 2", "")
    question = ("What sits on the mast?", "--model", "none")
    assert f", described by {SEES}\n" in call("ask", *question)
    assert f", described by {SEES}\n" in call("history", "export", "last")


def test_the_model_gets_the_picture_and_nothing_of_the_library(call, server, docs):
    server.enqueue(BARN)
    call("library", "describe", docs / "barn.png")
    (chat,) = server.chats
    system, request = chat.body["messages"]
    assert chat.body["model"] == SEES
    assert chat.body["options"]["temperature"] == 0
    assert request["images"] == [base64.b64encode((docs / "barn.png").read_bytes()).decode()]
    assert "images" not in system
    assert str(docs) not in json.dumps(chat.body)


def test_a_description_stays_as_long_as_the_picture(call, server, docs, workspace):
    boat = docs / "boat.jpg"
    server.enqueue(BOAT, Scripted(["A grey heron."]))
    assert f"{boat}: described by {SEES}: A red trawler" in call("library", "describe", boat)
    boat.touch()
    assert ": 0 added, 1 changed" in call("ingest", docs)
    assert call("library", "describe", boat) == "0 pictures described, 0 not, 1 already\n"
    assert cited(call, "What sits on the mast?")
    for index in (workspace / "db" / "library").glob("index-*"):
        shutil.rmtree(index)
    call("ingest", docs)
    assert cited(call, "What sits on the mast?")
    assert call("library", "describe", boat) == "0 pictures described, 0 not, 1 already\n"
    assert len(server.chats) == 1
    boat.write_bytes(photograph("2024:08:04 10:20:30"))
    call("ingest", docs)
    assert not cited(call, "What sits on the mast?")
    assert "A grey heron." in call("library", "describe", boat)
    assert cited(call, "Where is a grey heron?")


def test_a_copy_of_a_described_picture_needs_no_model(call, server, docs):
    server.enqueue(BARN)
    call("library", "describe", docs / "barn.png")
    shutil.copy(docs / "barn.png", docs / "copy.png")
    call("ingest", docs)
    assert len(cited(call, "Where is the sign NORDTHERM?")) == 1
    assert call("library", "describe", docs / "copy.png") == "0 pictures described, 0 not, 1 already\n"
    assert len(server.chats) == 1


def test_a_model_that_does_not_see_is_refused(call, server, docs, workspace):
    assert call("library", "describe", docs, "--model", WRITES, code=1) == (
        f"persona-moe: {WRITES} does not see pictures (name another with --model: "
        "`persona-moe models show NAME` tells its capabilities)\n"
    )
    assert "no model 'moondream'" in call("library", "describe", docs, "--model", "moondream", code=1)
    server.tells_capabilities = False  # then nobody knows whether it sees
    assert "does not see pictures" in call("library", "describe", docs, "--model", SEES, code=1)
    del server.models[SEES]
    server.tells_capabilities = True
    error = call("library", "describe", docs, code=1)
    assert f"Ollama has no model that sees pictures; installed: {WRITES} (`persona-moe models pull " in error
    assert (server.chats, descriptions(workspace)) == ([], [])


def test_without_a_server_it_is_an_error(call, docs, workspace):
    (workspace / "configs" / "ollama.yaml").write_text("api_endpoint: http://127.0.0.1:9\n")
    assert "Ollama does not answer at http://127.0.0.1:9 (start it" in call("library", "describe", docs, code=1)


def test_a_path_without_pictures_of_the_library_is_an_error(call, docs, tmp_path):
    (tmp_path / "other.png").write_bytes(PICTURE)
    (docs / "texts").mkdir()
    (docs / "texts" / "a.md").write_text("An owl.\n")
    call("ingest", docs)
    for path, reason in {
        tmp_path / "other.png": "is not in the library (`persona-moe ingest",
        docs / "notes.md": "is not a picture (pictures end in .bmp .gif",
        docs / "texts": "has no pictures (pictures end in",
        docs / "nothing.png": "does not exist",
    }.items():
        assert f"{path} {reason}" in call("library", "describe", docs / "boat.jpg", path, code=2)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Scripted([" ", "\x1b\x07"]), f"{SEES} wrote no text"),
        (Scripted(["word "] * 1000), f"{SEES} wrote too long a description"),
        (Scripted(["A red"], done_reason="length"), f"{SEES} wrote too long a description"),
        (failure(400, "image: unknown format"), "400: image: unknown format"),
    ],
)
def test_a_picture_without_a_usable_description_is_listed_and_the_others_go_on(
    call, server, docs, workspace, reply, reason
):
    server.enqueue(reply, BOAT)
    report = json.loads(call("library", "describe", docs, "--json"))
    (entry,) = report["not_described"]
    assert entry["path"] == str(docs / "barn.png")
    assert reason in entry["reason"]
    assert list(report["described"]) == [str(docs / "boat.jpg")]
    assert len(descriptions(workspace)) == 1


def test_a_picture_that_an_ingest_would_not_read_is_not_sent(call, server, docs, tmp_path):
    (tmp_path / "secret.png").write_bytes(PICTURE)
    (docs / "link.png").symlink_to(tmp_path / "secret.png")
    (docs / "barn.png").unlink()
    call("ingest", docs)
    server.enqueue(BOAT)
    report = json.loads(call("library", "describe", docs, "--json"))
    assert report["not_described"] == [
        {"path": str(docs / "link.png"), "reason": "a link that leads out of its folder"}
    ]
    assert len(server.chats) == 1


def test_a_server_that_goes_silent_ends_the_command_and_keeps_what_was_described(call, server, docs, workspace, capsys):
    server.enqueue(BARN, Scripted(["A red"], end="hang"), Scripted(end="hang"))
    assert main(["library", "describe", str(docs), "--workspace", str(workspace)]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("1 pictures described, 1 not\n")
    assert main(["library", "describe", str(docs), "--workspace", str(workspace)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("0 pictures described, 1 not, 1 already\n")
    assert "was silent for too long" in err


def test_no_control_character_of_the_model_arrives_anywhere(call, server, docs, workspace):
    server.enqueue(Scripted(["A red\x1b[2J\u202e trawler\r\n\n# Heading\n\x00", "- with gulls."]))
    text = "A red[2J trawler # Heading - with gulls."
    assert text in call("library", "describe", docs / "boat.jpg")
    (stored,) = descriptions(workspace)
    assert json.loads(stored.read_bytes())["text"] == text
    (citation,) = cited(call, "Which trawler has gulls?")
    assert (citation["title"], citation["location"]) == ("boat", f"described by {SEES}")


def test_ctrl_c_stops_the_model_and_keeps_what_was_described(call, server, docs, workspace):
    server.enqueue(BARN, Scripted(["word "] * 300, delay=0.05), BOAT)
    command = [sys.executable, "-m", "tui", "library", "describe", docs, "--json", "--workspace", workspace]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 60
        while not (len(server.chats) == 2 and server.chats[1].tokens_sent) and time.monotonic() < until:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (err, running.returncode) == ("persona-moe: cancelled\n", 130)
    assert list(json.loads(out)["described"]) == [str(docs / "barn.png")]
    while not server.chats[1].disconnected and time.monotonic() < until:
        time.sleep(0.01)
    assert server.chats[1].tokens_sent < 300
    assert len(descriptions(workspace)) == 1
    report = json.loads(call("library", "describe", docs, "--json"))
    assert (list(report["described"]), report["already_described"]) == ([str(docs / "boat.jpg")], 1)


def test_progress_names_each_picture(call, server, docs, workspace, capsys, monkeypatch):
    server.enqueue(BARN, BOAT)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["library", "describe", str(docs), "--workspace", str(workspace)]) == 0
    err = capsys.readouterr().err
    _, *progress, blank, end = err.split("\r")
    assert [line.split()[:2] for line in progress] == [["describing", "1/2"], ["describing", "2/2"]]
    assert (blank, end) == (" " * 79, "")
