"""`persona-moe ask`: the answer for a person, the object for a script, the events for both."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.documents import reader as corpus
from engine.errors import LibraryError
from engine.events import (
    AnswerWritten,
    Degraded,
    EvidenceRanked,
    GateReceipt,
    RunFailed,
    RunFinished,
    RunStarted,
    from_json,
)
from engine.index import library
from engine.index.retriever import Retriever
from engine.mixture.panel import Panel
from tests.support.ollama_server import OllamaServer, Scripted
from tui.command_line import main

QUESTION = "Who led the Net Strike of 1894?"
UNANSWERED = "When did Absalom Drusk become Harbour Reeve?"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SCORES = dict.fromkeys(("relevance", "consistency", "novelty", "entity_grounding", "total"), "float")
PHASES = ("reading", "walking", "evaluation", "lifecycle", "answering")


def asking(workspace, capsys):
    def run(question, *more):
        code = main(["ask", question, "--workspace", str(workspace), "--model", "none", *map(str, more)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def ask(workspace, capsys):
    """Ask the test's workspace without a model; returns exit code, stdout and stderr."""
    return asking(workspace, capsys)


@pytest.fixture
def ask_twin(workspace, tmp_path, capsys):
    """The same in a copy of the workspace from before its first run: a run is learned from."""
    return asking(shutil.copytree(workspace, tmp_path / "twin"), capsys)


def shape(value: object) -> Any:
    """Keys, in order, and types; of a list the shapes that occur in it."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [json.loads(text) for text in dict.fromkeys(json.dumps(shape(inner)) for inner in value)]
    return type(value).__name__


def text_of(source: str) -> str:
    """A text file as it is, or the text of one record of JSON lines: just as a script would read it."""
    path, _, identity = source.partition("#")
    text = Path(path).read_text(encoding="utf-8")
    records = map(json.loads, text.splitlines()) if identity else ()
    return next((str(record["text"]) for record in records if record["id"] == identity), text)


def folder_of(path: Path, **files: str) -> Path:
    path.mkdir(parents=True)
    for name, text in files.items():
        (path / f"{name}.md").write_text(text, encoding="utf-8")
    return path


# -- the object -----------------------------------------------------------------------------------------------


def test_the_json_object_is_exactly_that_of_the_contract(ask):
    code, out, err = ask(QUESTION, "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert out.isascii()
    result = json.loads(out)
    first, *_ = result["citations"]
    assert [first["quote"][a:b] for a, b in first["marks"]]
    first["marks"] = []
    assert shape(result) == {
        "run_id": "str",
        "question": "str",
        "answer": "str",
        "abstained": "bool",
        "citations": [
            {
                "n": "int",
                "source": "str",
                "title": "str",
                "start": "int",
                "end": "int",
                "quote": "str",
                "passage": "str",
                "lead": "str",
                "lead_start": "int",
                "page": "int",
                "location": "str",
                "box": "NoneType",
                "role": "str",
                "marks": [],
                "computed": "str",
            }
        ],
        "nearest": [],
        "passages": [
            {
                **dict.fromkeys(("id", "source", "title"), "str"),
                "score": "float",
                "heading": "str",
                "page": "int",
                "location": "str",
                "start": "int",
                "end": "int",
                "text": "str",
            }
        ],
        "personas": [{"persona_id": "str", "state": "str", "activated": "bool", "scores": SCORES}],
        "born": [],
        "graph": {"nodes": "int", "edges": "int"},
        "degraded": [],
        "timings_ms": dict.fromkeys(PHASES, "float"),
    }
    assert list(result) == [
        "run_id", "question", "answer", "abstained", "citations", "nearest", "passages", "personas", "born",
        "graph", "degraded", "timings_ms",
    ]  # fmt: skip
    assert (result["question"], result["abstained"]) == (QUESTION, False)
    assert {citation["passage"] for citation in result["citations"]} <= {found["id"] for found in result["passages"]}
    assert "Keziah Rosk" in result["answer"]


def test_the_values_of_the_object_fit_together(ask):
    result = json.loads(ask(QUESTION, "--json")[1])
    assert [citation["n"] for citation in result["citations"]] == list(range(1, len(result["citations"]) + 1))
    assert re.findall(r"\[(\d+)\]", result["answer"]) == [str(citation["n"]) for citation in result["citations"]]
    for citation in result["citations"]:
        assert text_of(citation["source"])[citation["start"] : citation["end"]] == citation["quote"]
    scores = [passage["score"] for passage in result["passages"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert len({passage["id"] for passage in result["passages"]}) == len(scores) <= 20
    assert all(passage["id"].startswith(f"{passage['source']}#") for passage in result["passages"])
    for passage in result["passages"]:
        assert text_of(passage["source"])[passage["start"] : passage["end"]] == passage["text"]
    names = [persona["persona_id"] for persona in result["personas"]]
    assert names == sorted(names)
    assert len(names) == 7
    assert {p["state"] for p in result["personas"]} == {"active"}
    assert all(0 <= score <= 1 for persona in result["personas"] for score in persona["scores"].values())
    assert result["graph"]["nodes"] > 1
    assert result["graph"]["edges"] > 0


def test_a_persona_that_is_not_called_is_in_the_object_with_scores_of_zero(ask, workspace):
    assert main(["personas", "prune", "reader", "--workspace", str(workspace)]) == 0
    personas = {p["persona_id"]: p for p in json.loads(ask(QUESTION, "--json")[1].splitlines()[-1])["personas"]}
    assert (personas["reader"]["state"], personas["reader"]["activated"]) == ("pruned", False)
    assert set(personas["reader"]["scores"].values()) == {0.0}
    assert personas["analyst"]["activated"]


def test_a_persona_of_the_first_cycle_was_called_though_the_second_did_not_call_it(ask, workspace):
    (workspace / "configs" / "system.yaml").write_text("batch_size: 1\nmax_iterations: 3\n")
    called = [p for p in json.loads(ask(UNANSWERED, "--json")[1])["personas"] if p["activated"]]
    assert len(called) == 4
    assert "control" in [persona["persona_id"] for persona in called]


def test_an_abstention_is_done_and_says_so(ask):
    code, out, err = ask(UNANSWERED, "--json")
    result = json.loads(out)
    assert (code, err, result["abstained"], result["citations"]) == (0, "", True, [])
    assert result["answer"] == "Your library does not say."


def test_an_abstention_names_the_passages_that_come_nearest(ask):
    nearest = json.loads(ask(UNANSWERED, "--json")[1])["nearest"]
    assert [passage["n"] for passage in nearest] == [1, 2, 3]
    out = ask(UNANSWERED)[1]
    assert out.startswith("Your library does not say.\n\nThe nearest passages:\n\n[1] ")
    assert all(" ".join(passage["quote"].split()) in out for passage in nearest)


def test_an_abstention_names_no_passage_that_has_next_to_nothing_of_the_question(ask):
    assert ask("What is the airspeed velocity of an unladen swallow?")[:2] == (0, "Your library does not say.\n")


# -- for a person ---------------------------------------------------------------------------------------------


def test_the_answer_for_a_person_names_every_source_and_its_place(ask, ask_twin):
    result = json.loads(ask_twin(QUESTION, "--json")[1])
    code, out, err = ask(QUESTION)
    assert (code, err) == (0, "")
    assert out.startswith(result["answer"] + "\n\n[1] ")
    lines = out.splitlines()
    for citation in result["citations"]:
        place = f"[{citation['n']}] {citation['title']}  {citation['source']}:{citation['start']}-{citation['end']}"
        assert place in lines
        assert out.count(citation["quote"]) == 1
    assert "note:" not in out


def test_what_was_missing_is_noted(workspace, capsys):
    (workspace / "configs" / "ollama.yaml").write_text("api_endpoint: http://127.0.0.1:9\n")
    assert main(["ask", QUESTION, "--workspace", str(workspace)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "Keziah Rosk" in out
    assert "note: no language model: Ollama does not answer at http://127.0.0.1:9" in out.splitlines()[-1]
    assert main(["ask", QUESTION, "--workspace", str(workspace), "--json"]) == 0
    (reason,) = json.loads(capsys.readouterr().out)["degraded"]
    assert reason.startswith("no language model: Ollama does not answer")


# -- the events -----------------------------------------------------------------------------------------------


def test_the_events_are_the_run(ask, ask_twin):
    code, out, err = ask(QUESTION, "--events")
    recorded = [from_json(line) for line in out.splitlines()]
    events = [one.event for one in recorded]
    assert (code, err) == (0, "")
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert isinstance(events[-2], AnswerWritten)
    assert [one.at_ms for one in recorded] == sorted(one.at_ms for one in recorded)
    assert events[0].question == QUESTION
    assert (events[0].seed, events[0].model, events[0].passages > 50) == (0, None, True)
    (ranked,) = [event for event in events if isinstance(event, EvidenceRanked)]
    result = json.loads(ask_twin(QUESTION, "--json")[1])
    assert [passage.id for passage in ranked.passages] == [passage["id"] for passage in result["passages"]]
    assert (ranked.nodes, ranked.edges) == (result["graph"]["nodes"], result["graph"]["edges"])
    assert sum(isinstance(event, GateReceipt) for event in events) == 7


def test_the_events_start_with_run_started_when_the_model_is_missing(workspace, capsys):
    (workspace / "configs" / "ollama.yaml").write_text("api_endpoint: http://127.0.0.1:9\n")
    assert main(["ask", QUESTION, "--events", "--workspace", str(workspace)]) == 0
    events = [from_json(line).event for line in capsys.readouterr().out.splitlines()]
    assert sum(isinstance(event, Degraded) for event in events) == 1
    assert isinstance(events[0], RunStarted)


def test_a_run_that_fails_says_so_in_its_events_and_exits_with_1(ask, monkeypatch):
    def broken(*_arguments, **_options):
        raise LibraryError("the index is\x1b[31m damaged", hint="ingest again")

    monkeypatch.setattr(Retriever, "look_up", broken)
    code, out, err = ask(QUESTION, "--events")
    events = [from_json(line).event for line in out.splitlines()]
    assert code == 1
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFailed)
    assert events[-1].hint == "ingest again"
    assert err == "persona-moe: the index is[31m damaged (ingest again)\n"
    assert ask(QUESTION, "--json")[:2] == (1, "")


def test_a_defect_in_a_run_is_exit_1_and_one_line(ask, monkeypatch):
    monkeypatch.setattr(Panel, "fused", lambda *_arguments, **_options: 1 / 0)
    code, out, err = ask(QUESTION, "--json")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "internal error: ZeroDivisionError" in err


# -- what of the library is asked -----------------------------------------------------------------------------


def test_the_library_option_restricts_to_what_is_named(ask, tmp_path):
    one = folder_of(
        tmp_path / "one", heron="# Heron\n\nThe heron of Quillmarsh was painted by Odile Vantongeren in 1903.\n"
    )
    two = folder_of(tmp_path / "two", heron="# Heron\n\nThe heron of Quillmarsh was stolen by Piet Zwaluw in 1911.\n")
    three = folder_of(
        tmp_path / "three", heron="# Heron\n\nThe heron of Quillmarsh was mended by Ineke Dros in 1920.\n"
    )
    question = "What happened to the heron of Quillmarsh?"

    def sources(*more: object) -> set[str]:
        result = json.loads(ask(question, "--json", *more)[1])
        return {str(Path(passage["source"]).parent) for passage in result["passages"]}

    assert sources("--library", one, two, three) == {str(one), str(two), str(three)}
    assert sources("--library", one) == {str(one)}
    assert sources("--library", one, two) == {str(one), str(two)}
    assert sources("--library", one, "--library", three) == {str(one), str(three)}
    assert sources("--library", two / "heron.md") == {str(two)}
    assert sources() == {str(one), str(two), str(three)}


def test_naming_a_library_reads_what_changed_in_it_and_nothing_else(ask, tmp_path, monkeypatch):
    docs = folder_of(tmp_path / "docs", a="# Ada\n\nAda Quist keeps an owl.\n", b="# Bo\n\nBo Quist keeps a crow.\n")
    read: list[str] = []
    real = corpus.read_documents

    def recording(path, **more):
        read.append(path.name)
        return real(path, **more)

    monkeypatch.setattr(library, "read_documents", recording)
    assert "owl" in ask("What does Ada Quist keep?", "--library", docs)[1]
    assert read == ["a.md", "b.md"]
    read.clear()
    (docs / "a.md").write_text("# Ada\n\nAda Quist keeps a magnificent heron.\n")
    (docs / "b.md").unlink()
    assert "heron" in ask("What does Ada Quist keep?", "--library", docs)[1]
    assert read == ["a.md"]
    sources = [
        p["source"] for p in json.loads(ask("Does Bo Quist keep a crow?", "--json", "--library", docs)[1])["passages"]
    ]
    assert str(docs / "b.md") not in sources
    assert read == ["a.md"]


def test_a_binary_file_is_no_answer_and_no_failure(ask, tmp_path):
    (tmp_path / "image.bin").write_bytes(bytes(range(256)) * 20)
    code, out, err = ask(QUESTION, "--library", tmp_path / "image.bin")
    assert (code, out, err) == (0, "Your library does not say.\n", "")


def test_a_question_may_begin_with_a_dash(workspace, capsys):
    assert main(["ask", "--workspace", str(workspace), "--model", "none", "--", f"-- {QUESTION}"]) == 0
    assert "Keziah Rosk" in capsys.readouterr().out


# -- text is data ---------------------------------------------------------------------------------------------

HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\x85\u202e\u2066\u2028\x7f\x08"
MARKS = "\u061c\u200e\u200f"  # of direction, alone on their way


@pytest.mark.parametrize("hostile", [HOSTILE, *MARKS], ids=["controls", "alm", "lrm", "rlm"])
@pytest.mark.parametrize("form", ["", "--json", "--events"])
def test_nothing_in_names_titles_and_texts_steers_the_terminal(ask, tmp_path, form, hostile):
    docs = tmp_path / f"docs{hostile}"
    docs.mkdir()
    text = f"# The Ze{hostile}bra\n\nThe zebra of Oosterwold {hostile}was striped by Quentin{hostile} Bargle in 1901.\n"
    (docs / f"ze{hostile}bra.md").write_text(text, encoding="utf-8")
    (docs / f"bad{hostile}.jsonl").write_text("{")
    options = [form] if form else []
    question = f"Who striped the {hostile}zebra of Oosterwold?"
    code, out, err = ask(question, "--library", docs, *options)
    assert (code, err) == (0, "")
    assert "Bargle" in out
    for line in out.split("\n"):
        assert not STEERING.search(line)
    if form == "--json":
        (citation,) = json.loads(out)["citations"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["source"] == str(docs / f"ze{hostile}bra.md")
    if form == "--events":
        answer = next(e for line in out.splitlines() if isinstance(e := from_json(line).event, AnswerWritten))
        assert answer.citations[0].quote in text


def test_what_a_model_cost_stands_in_the_object(workspace, capsys):
    texts = json.dumps(dict.fromkeys("ABCDEF", "Keziah Rosk led the strike."))
    with OllamaServer() as server:
        settings = f"api_endpoint: {server.url}\npersona_outputs: true\n"
        (workspace / "configs" / "ollama.yaml").write_text(settings)
        server.enqueue(Scripted([texts, " "]), Scripted(["Keziah Rosk led", " and"], end="reset"))
        assert main(["ask", QUESTION, "--json", "--workspace", str(workspace)]) == 0
    result = json.loads(capsys.readouterr().out)
    model, called = result["model"], [p["persona_id"] for p in result["personas"] if p["activated"]]
    assert (len(called), len(server.chats)) == (6, 2)
    assert (model["name"], model["requests"], model["output_tokens"]) == ("qwen3:4b", 1, 2)  # a cut one tells nothing
    assert list(model["personas"]) == ["*"]
    assert model["personas"]["*"]["tokens_per_second"] == 2000.0
    assert model["prompt_tokens"] == model["personas"]["*"]["prompt_tokens"] > 300
    assert {claims["persona_id"] for claims in model["claims"]} <= set(called)
    stated = {claim["text"] for claims in model["claims"] for claim in claims["claims"]}
    assert stated == {"Keziah Rosk led the strike."}
    assert model["cut_short"]["partial"] == "Keziah Rosk led and"
    assert "model" not in json.loads(asked_without(workspace, capsys))


def test_what_each_persona_says_is_printed_when_asked_for(workspace, capsys):
    assert main(["ask", QUESTION, "--personas", "--model", "none", "--workspace", str(workspace)]) == 0
    lines = capsys.readouterr().out.partition("\npersonas:\n")[2].splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(r"  [\w, -]+ (?:agree|alone): \u201c.+\u201d \(.+\)", line)
    assert main(["ask", QUESTION, "--personas", "--json", "--model", "none", "--workspace", str(workspace)]) == 0
    says = json.loads(capsys.readouterr().out)["says"]
    assert len(says) == 6
    assert all(claim["text"] == claim["quote"] for claims in says.values() for claim in claims)


def asked_without(workspace, capsys):
    assert main(["ask", QUESTION, "--json", "--model", "none", "--workspace", str(workspace)]) == 0
    return capsys.readouterr().out


def test_a_follow_up_takes_its_context_from_the_run_that_is_named(ask):
    ask("How high is Gannet Stack Light?")
    code, out, err = ask("Who built it?", "--context", "last")
    assert (code, err) == (0, "")
    assert "Tobiász Krelle" in out
    assert "\nread as: Who built Gannet Stack Light?\n" in out
    assert "read as:" not in ask("Who built it?")[1]
    ask("How high is Gannet Stack Light?")
    result = json.loads(ask("Who built it?", "--context", "last", "--json")[1])
    assert (result["question"], result["read_as"]) == ("Who built it?", "Who built Gannet Stack Light?")


def test_a_follow_up_on_an_unknown_run_is_refused(ask):
    code, out, err = ask("Who built it?", "--context", "last")
    assert (code, out, err) == (2, "", "persona-moe: no run with id 'last' (there are no runs yet)\n")
    ask(QUESTION)
    code, _, err = ask("Who built it?", "--context", "nowhere")
    assert (code, "no run with id 'nowhere'" in err) == (2, True)


def test_what_the_library_is_about_is_answered_from_its_topics(ask):
    _, out, _ = ask("What is this library about?", "--json")
    answer = json.loads(out)
    assert not answer["abstained"]
    assert len({citation["source"] for citation in answer["citations"]}) > 4
    for citation in answer["citations"]:
        assert citation["quote"] in Path(citation["source"].partition("#")[0]).read_text()
        assert citation["quote"] in answer["answer"]
    _, in_german, _ = ask("Worum geht es hier?", "--json")
    assert json.loads(in_german)["citations"] == answer["citations"]


def test_an_overview_quotes_only_the_library_that_is_asked(ask, tmp_path):
    for n in range(3):
        (tmp_path / f"{n}.md").write_text(f"# Boat {n}\n\nAda Quist built the Meridew again, time {n}.\n")
    _, out, _ = ask("What are these notes about?", "--json", "--library", tmp_path / "0.md")
    assert {citation["source"] for citation in json.loads(out)["citations"]} <= {str(tmp_path / "0.md")}


def test_an_overview_rewards_nobody(ask, workspace):
    ledger = workspace / "db" / "ledger.jsonl"
    for question, is_rewarded in ((QUESTION, True), ("Give me an overview", False)):
        run_id = json.loads(ask(question, "--json")[1])["run_id"]
        assert (run_id in ledger.read_text()) is is_rewarded
