"""The interface for Python programs: the example works, values are those of a run, several questions run at once."""

import asyncio
import json
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

import tui.api
from db.runs.history import History
from engine.errors import InputError, PersonaMoeError, UnknownRunError
from engine.events import RunFinished
from engine.run.state import Outcome
from tests.support import ROOT
from tests.support.ollama_server import OllamaServer, Scripted
from tests.support.settled import until
from tui.api import PersonaMoe
from tui.api.persona_moe import LONGEST_QUESTION, MOST_AT_ONCE

QUESTION = "Who led the Net Strike of 1894?"


@pytest.fixture
async def program(workspace):
    async with PersonaMoe(workspace, model="none") as opened:
        yield opened


def test_the_example_runs_as_it_is_written(folder, tmp_path):
    example = ROOT / "tui" / "api" / "example.py"
    ended = subprocess.run(
        [sys.executable, str(example), str(folder), "When is the boiler serviced?"], cwd=tmp_path, check=True,
        capture_output=True, text=True, timeout=100, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "1 files, 1 passages" in ended.stdout
    assert "RunFinished" in ended.stdout
    assert "serviced every October" in ended.stdout
    assert "exact: ..." in ended.stdout
    assert ended.stderr == ""


def test_what_is_documented_can_be_imported():
    assert sorted(tui.api.__all__) == tui.api.__all__
    assert all(hasattr(tui.api, name) for name in tui.api.__all__)


def test_an_answer_is_that_of_the_command(workspace, call):
    printed = json.loads(call("ask", QUESTION, "--model", "none", "--json"))

    async def ask():
        async with PersonaMoe(workspace, model="none") as program:
            answer = await program.ask(QUESTION)
            events = await program.recorded_events(answer.run_id)
            return answer, await program.run(answer.run_id), await program.runs(limit=1), events

    answer, record, runs, events = asyncio.run(ask())
    assert answer.answer == printed["answer"]
    assert json.loads(msgspec.json.encode(answer.citations)) == printed["citations"]
    assert (answer.question, answer.is_unanswered, answer.model, answer.degraded) == (QUESTION, False, "", ())
    assert (record.outcome, record.result["answer"]) == (Outcome.ANSWERED, answer.answer)
    assert [run.run_id for run in runs] == [answer.run_id]
    assert isinstance(events[-1].event, RunFinished)


async def test_a_follow_up_is_read_as_a_complete_question(workspace, folder):
    async with PersonaMoe(workspace, library=[folder], model="none") as program:
        first = await program.ask("When is the boiler serviced?")
        second = await program.ask("Who installed it?", follow_up_to=first.run_id)
    assert second.read_as == "Who installed the boiler?"
    assert "Nordtherm" in second.answer


async def test_a_citation_is_opened_at_its_words_and_follows_them(workspace, folder):
    async with PersonaMoe(workspace, library=[folder], model="none") as program:
        answer = await program.ask("When is the boiler serviced?")
        number = answer.citations[0].n
        opened = await program.open_citation(answer.run_id, number, margin=9)
        assert (opened.state, opened.text, opened.preceding) == ("exact", answer.citations[0].quote, " Boiler\n\n"[-9:])
        file = folder / "boiler.md"
        file.write_text(f"New first line.\n{file.read_text()}")
        moved = await program.open_citation(answer.run_id, number)
        assert (moved.state, moved.text, moved.start) == ("moved", opened.text, opened.start + 16)
        file.write_text("Gone.\n")
        assert (await program.open_citation(answer.run_id, number)).state == "changed"
        file.unlink()
        unreadable = await program.open_citation(answer.run_id, number)
        assert (unreadable.state, unreadable.problem) == ("unreadable", "there is no such file any more")


async def test_only_what_the_library_holds_is_opened(workspace, folder, call):
    async with PersonaMoe(workspace, library=[folder], model="none") as program:
        answer = await program.ask("When is the boiler serviced?")
        found = await program.search("boiler")
        assert (await program.passage(found[0].id)).text == found[0].text
    other = folder.parent / "other"
    other.mkdir()
    (other / "pump.md").write_text("# Pump\n\nThe pump feeds the garden.\n")
    async with PersonaMoe(workspace, library=[other], model="none") as program:  # asks another part of the library
        with pytest.raises(InputError, match="not in the library"):
            await program.open_citation(answer.run_id, 1)
        with pytest.raises(InputError, match="no passage"):
            await program.passage(found[0].id)
    call("library", "remove", folder)
    async with PersonaMoe(workspace, model="none") as program:
        with pytest.raises(InputError, match="not in the library"):
            await program.open_citation(answer.run_id, 1)


async def test_a_file_that_became_a_link_out_of_its_folder_is_not_read(workspace, folder):
    async with PersonaMoe(workspace, library=[folder], model="none") as program:
        answer = await program.ask("When is the boiler serviced?")
        (folder / "boiler.md").unlink()
        (folder / "boiler.md").symlink_to("/etc/hostname")
        opened = await program.open_citation(answer.run_id, 1)
    assert (opened.state, opened.text) == ("unreadable", "")


async def test_new_documents_are_asked_from_then_on(program, folder):
    assert (await program.library()).name == "sample library"
    report = await program.ingest(folder)
    assert (report.added, report.passages) == (1, 1)
    contents = await program.library()
    assert [(root.path, root.files, root.passages) for root in contents.roots] == [(str(folder), 1, 1)]
    assert "October" in (await program.ask("When is the boiler serviced?")).answer


async def test_questions_go_on_while_another_session_reads_documents(workspace, folder):
    async with (
        PersonaMoe(workspace, library=[folder], model="none") as program,
        PersonaMoe(workspace, library=[folder], model="none") as other,
    ):
        for number in range(3):
            (folder / f"pump{number}.md").write_text(f"# Pump {number}\n\nPump {number} feeds garden {number}.\n")
            asking = [program.ask("When is the boiler serviced?") for _ in range(4)]
            answering = asyncio.gather(*asking)
            report, answers = await asyncio.gather(other.ingest(folder), answering)
            assert report.added == 1
            assert all("October" in answer.answer for answer in answers)
            assert (await program.search(f"garden {number}"))[0].title == f"Pump {number}"


async def test_a_changed_document_is_read_again_while_the_program_runs(workspace, folder):
    async with PersonaMoe(workspace, library=[folder], model="none") as program:
        following = asyncio.create_task(program.follow())
        while not (hits := await program.search("garden")):
            (folder / "pump.md").write_text(f"# Pump\n\nThe pump feeds the garden. {len(hits)}\n")
            await asyncio.sleep(0.05)
        assert hits[0].title == "Pump"
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_a_path_in_the_home_folder_is_found(workspace, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    async with PersonaMoe(workspace, library=["~/documents"], model="none") as program:
        assert (await program.library()).roots[0].path == str(folder)
        assert (await program.ingest("~/documents")).files == 1


async def test_many_questions_at_once_have_the_answers_of_one_after_another(program):
    questions = [QUESTION, "Who built the lighthouse that Ysolde Marrak kept?"] * MOST_AT_ONCE
    answers = await asyncio.gather(*map(program.ask, questions))
    assert len({answer.run_id for answer in answers}) == len(questions)
    assert len({answer.answer for answer in answers[::2]}) == len({answer.answer for answer in answers[1::2]}) == 1


async def test_leaving_the_events_ends_what_the_model_writes(workspace):
    with OllamaServer() as server:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n", "utf-8")
        server.enqueue(Scripted(["One", " word"], end="hang"))
        async with PersonaMoe(workspace) as program:
            async with aclosing(program.events(QUESTION)) as events:
                async for recorded in events:
                    if type(recorded.event).__name__ == "AnswerFragment":
                        break
            await until(lambda: server.chats[0].disconnected)
        assert History(workspace / "db" / "history").recent(1)[0].outcome == Outcome.CANCELLED


async def test_a_judgement_rewards_the_personas_of_the_run(program):
    answer = await program.ask(QUESTION)
    samples = {persona.persona_id: persona.samples for persona in await program.personas()}
    judged = await program.judge(answer.run_id, liked=True)
    assert judged.means
    grown = {p.persona_id for p in await program.personas() if p.samples > samples[p.persona_id]}
    assert grown == set(judged.means)
    with pytest.raises(PersonaMoeError):
        await program.judge(answer.run_id, liked=True)  # it is there already


async def test_bad_input_is_refused_before_a_run_begins(program):
    for question in ("", "  \n", "x" * (LONGEST_QUESTION + 1)):
        with pytest.raises(InputError):
            await program.ask(question)
    for limit in (0, 101):
        with pytest.raises(InputError):
            await program.search("net", limit)
    with pytest.raises(UnknownRunError):
        await program.ask("And when?", follow_up_to="nothing")
    with pytest.raises(UnknownRunError):
        await program.run("nothing")
    assert await program.runs() == []


async def test_half_a_character_does_not_break_a_run(program):
    assert (await program.ask("Who led the \ud800 Net Strike?")).question == "Who led the ? Net Strike?"


def test_a_workspace_that_cannot_be_used_is_refused(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError, match="cannot be used"):
        PersonaMoe(Path(file))
