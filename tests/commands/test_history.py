"""`persona-moe history`: a finished run is found, shown, exported and played again."""

import asyncio
import json
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from engine.events import RunFinished, from_json
from tui.session.session import open_session

QUESTION = "Who led the Net Strike of 1894?"
OTHER = "What were the weights of the Tide Clock cast from?"
SUMMARY = [
    "run_id", "at", "question", "answer", "abstained", "model", "passages", "personas", "top_persona", "duration_ms",
    "outcome", "question_is_cut",
]  # fmt: skip


@pytest.fixture
def asked(call):
    """The objects of two runs, oldest first."""
    return [json.loads(call("ask", question, "--json", "--model", "none")) for question in (QUESTION, OTHER)]


def test_no_runs_yet(call):
    assert call("history", "list") == "no runs yet\n"
    assert call("history", "list", "owl") == "no such run\n"
    assert json.loads(call("history", "list", "--json")) == []
    assert "there are no runs yet" in call("history", "show", "2", code=2)


def test_the_list_is_newest_first_and_can_be_searched(call, asked):
    first, second = asked
    listed = json.loads(call("history", "list", "--json"))
    assert [run["run_id"] for run in listed] == [second["run_id"], first["run_id"]]
    assert all(list(run) == SUMMARY for run in listed)
    assert (listed[1]["question"], listed[1]["outcome"], listed[1]["abstained"]) == (QUESTION, "answered", False)
    assert first["answer"].startswith(listed[1]["answer"].rstrip("…"))
    assert (listed[1]["model"], listed[1]["passages"]) == ("", len(first["passages"]))
    assert (
        listed[1]["personas"]
        == [p["persona_id"] for p in first["personas"] if p["activated"]][: len(listed[1]["personas"])]
    )
    best = max(p["scores"]["total"] for p in first["personas"])
    assert listed[1]["top_persona"] in [p["persona_id"] for p in first["personas"] if p["scores"]["total"] == best]
    assert [run["run_id"] for run in json.loads(call("history", "list", "WEIGHTS", "cast", "--json"))] == [
        second["run_id"]
    ]
    assert len(json.loads(call("history", "list", "--limit", "1", "--json"))) == 1
    header, *rows = call("history", "list").splitlines()
    assert header.split() == ["run", "at", "outcome", "ms", "question"]
    assert rows[0].startswith(second["run_id"])
    assert rows[0].endswith(OTHER)


def test_an_abstention_stands_in_the_list(call):
    call("ask", "When did Absalom Drusk become Harbour Reeve?", "--model", "none")
    assert "  unanswered  " in call("history", "list")


def test_show_is_the_run_as_it_was(call, asked):
    first = asked[0]
    assert json.loads(call("history", "show", first["run_id"], "--json")) == first
    text = call("history", "show", first["run_id"])
    assert text.splitlines()[0].endswith("  answered")
    assert f"# {QUESTION}" in text
    assert first["answer"] in text
    for citation in first["citations"]:
        assert (
            f"[{citation['n']}] {citation['title']}, {citation['source']}:{citation['start']}-{citation['end']}" in text
        )
        assert f"> {citation['quote'].splitlines()[0]}" in text


def test_a_run_is_named_by_the_beginning_of_its_id(call, asked):
    first, second = asked
    assert json.loads(call("history", "show", first["run_id"][:-1], "--json")) == first
    err = call("history", "show", "20", code=2)
    assert "several runs with id '20'" in err
    assert second["run_id"] in err


def test_export_writes_markdown_or_json(call, asked, tmp_path):
    first = asked[0]
    target = tmp_path / "run.md"
    assert call("history", "export", first["run_id"], "--output", target) == f"written to {target}\n"
    text = target.read_text(encoding="utf-8")
    assert text.startswith(f"# {QUESTION}\n\n{first['answer']}\n\n[1] ")
    assert call("history", "export", first["run_id"]) == text.rstrip() + "\n"
    call("history", "export", first["run_id"], "--json", "--output", target)
    assert json.loads(target.read_text()) == first
    assert json.loads(call("history", "export", first["run_id"], "--json")) == first
    err = call("history", "export", first["run_id"], "--output", tmp_path / "nowhere" / "run.md", code=2)
    assert f"{tmp_path / 'nowhere' / 'run.md'}: No such file" in err


def test_an_export_that_breaks_off_leaves_the_older_file(call, asked, tmp_path, monkeypatch):
    target = tmp_path / "run.md"
    target.write_text("older")
    write = Path.write_text

    def half(path, text, **how):
        write(path, text[: len(text) // 2], **how)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    assert "No space left" in call("history", "export", asked[0]["run_id"], "--output", target, code=2)
    assert target.read_text() == "older"
    assert list(tmp_path.glob(".run.md*")) == []


def test_replay_gives_the_same_events(call):
    lines = call("ask", QUESTION, "--events", "--model", "none").splitlines()
    run_id = json.loads(lines[0])["run_id"]
    events = [from_json(line) for line in lines]
    assert [from_json(line) for line in call("history", "replay", run_id, "--json").splitlines()] == events
    shown = call("history", "replay", run_id).splitlines()
    assert len(shown) == len(events)
    assert '"RunStarted"' in shown[0]
    assert '"RunFinished"' in shown[-1]


def test_replay_gives_the_same_events_whatever_stands_in_them(call):
    lines = call("ask", "Who led\u2028 the \x9bNet\u202e Strike of 1894?", "--events", "--model", "none").splitlines()
    run_id = json.loads(lines[0])["run_id"]
    events = [from_json(line) for line in lines]
    assert [from_json(line) for line in call("history", "replay", run_id, "--json").splitlines()] == events


def test_replay_keeps_the_recorded_distances_divided_by_the_speed(call, asked):
    events = [from_json(line) for line in call("history", "replay", asked[0]["run_id"], "--json").splitlines()]
    assert isinstance(events[-1].event, RunFinished)
    started = time.monotonic()
    call("history", "replay", asked[0]["run_id"], "--speed", "2")
    assert time.monotonic() - started >= events[-1].at_ms / 2000


def test_nothing_recorded_steers_the_terminal(call):
    hostile = "\x1b[2J\x9b\u202e\x07\x85"
    question = f"Who led the Net {hostile}Strike of 1894?"
    run_id = json.loads(call("ask", question, "--json", "--model", "none"))["run_id"]
    for action in ("show", "export", "replay"):
        for more in ([], ["--json"]):
            assert not set(call("history", action, run_id, *more)) & set("\x1b\x9b\u202e\x07\x85")
    assert json.loads(call("history", "show", run_id, "--json"))["question"] == question
    for more in ([], ["--json"]):
        assert not set(call("history", "list", *more)) & set("\x1b\x9b\u202e\x07\x85")


def test_a_run_that_was_cancelled_before_it_started_can_be_shown(call, workspace):
    async def cancelled() -> None:
        session = open_session(workspace, model="none")
        async with aclosing(session.runs.ask(QUESTION)) as stream:
            waiting = asyncio.create_task(anext(stream))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(cancelled())
    (run,) = json.loads(call("history", "list", "--json"))
    assert (run["outcome"], run["question"]) == ("cancelled", QUESTION)
    assert QUESTION in call("history", "show", run["run_id"])


def test_a_run_whose_events_are_gone_is_told(call, asked, workspace):
    for path in (workspace / "db" / "runs").glob("*.jsonl.gz"):
        path.unlink()
    assert "no events of run" in call("history", "show", asked[0]["run_id"], code=2)
    assert QUESTION in call("history", "list")


def test_a_search_by_fields_and_its_errors(call, asked):
    first, second = asked
    call("feedback", first["run_id"], "up")

    def found(*words: str) -> list[str]:
        return [run["run_id"] for run in json.loads(call("history", "list", *words, "--json"))]

    assert found("is:liked", "persona:control", "model:none", "date:today") == [first["run_id"]]
    assert found("is:answered", "after:2020", "--limit", "1") == [second["run_id"]]
    assert found("before:2020") == found("is:failed,cancelled") == []
    assert found('"net strike"') == [first["run_id"]]
    assert "did you mean is:liked?" in call("history", "list", "is:like", code=2)
    assert "there is no field persna: (did you mean persona:?" in call("history", "list", "persna:x", code=2)


def test_the_last_run_needs_no_id(call, asked):
    second = asked[1]
    assert json.loads(call("history", "show", "last", "--json")) == second
    assert json.loads(call("history", "export", "last", "--json")) == second
    assert json.loads(call("history", "replay", "last", "--json").splitlines()[0])["run_id"] == second["run_id"]


def test_two_runs_are_compared(call, asked):
    first, second = asked
    compared = json.loads(call("history", "compare", first["run_id"], "last", "--json"))
    assert [compared[run]["run_id"] for run in ("first", "second")] == [first["run_id"], second["run_id"]]
    assert compared["first"]["answer"] == first["answer"]
    cited = [{citation["source"] for citation in run["citations"]} for run in asked]
    assert set(compared["sources_in_both"]) == cited[0] & cited[1]
    assert set(compared["sources_only_in_first"]) == cited[0] - cited[1]
    assert set(compared["sources_only_in_second"]) == cited[1] - cited[0]
    ids = [[passage["id"] for passage in run["passages"]] for run in asked]
    assert compared["same_among"]["5"] == len({*ids[0][:5]} & {*ids[1][:5]})
    text = call("history", "compare", first["run_id"], second["run_id"])
    assert f"question\n  A  {QUESTION}\n  B  {OTHER}\n" in text
    assert all(heading in text for heading in ("\nRun ", "\nSources ", "\nPanel: total, steps ", "\nMilliseconds "))
    same = json.loads(call("history", "compare", "last", "last", "--json"))
    assert same["first"] == same["second"]
    assert "no run with id 'x'" in call("history", "compare", "last", "x", code=2)


def test_a_deleted_run_is_gone_and_comes_back_whole(call, asked, workspace):
    first, second = asked
    call("feedback", first["run_id"], "up")
    before = {path.name: path.read_bytes() for path in (workspace / "db" / "runs").glob("*.*")}
    text = call("history", "delete", first["run_id"], "last")
    assert text.startswith(f"deleted: {first['run_id']}  {QUESTION}\ndeleted: {second['run_id']}  {OTHER}\n")
    assert "`persona-moe history undelete` brings back, for a day; the ledger keeps what personas earned" in text
    assert call("history", "list") == "no runs yet\n"
    assert "no run with id" in call("history", "show", first["run_id"], code=2)
    assert not list((workspace / "db" / "runs").glob("*.gz"))
    assert first["run_id"] in call("history", "undelete", "--list")
    assert call("history", "undelete", first["run_id"]) == f"back again: {first['run_id']}  {QUESTION}\n"
    assert json.loads(call("history", "show", first["run_id"], "--json")) == first
    assert "judged +" in call("history", "show", first["run_id"])
    assert [run["run_id"] for run in json.loads(call("history", "undelete", "--json"))] == [second["run_id"]]
    assert {path.name: path.read_bytes() for path in (workspace / "db" / "runs").glob("*.*")} == before
    assert call("history", "undelete", "--list") == "no run can be brought back\n"
    assert "there is no deleted run (a deleted run is kept for 1 day)" in call("history", "undelete", code=2)
    assert "no run with id 'x'" in call("history", "delete", "last", "x", code=2)
    assert len(json.loads(call("history", "list", "--json"))) == 2
    assert "personas ledger" not in call("personas", "ledger", "--verify")
