"""How the cited passages were found, from the events of a run."""

from engine.events import AnswerWritten
from engine.run.state import RunState
from tests.support import graph_run, scripted_run
from tui.run.story import story_of


def paths(state: RunState) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    return {cited.title: ([step.title for step in cited.path], cited.personas) for cited in story_of(state)}


def test_each_cited_passage_has_the_path_that_most_personas_walked():
    assert paths(scripted_run.state_of(graph_run.EVENTS)) == {
        "Ysolde Marrak": (["Ysolde Marrak"], ("tracker", "archivist", "analyst")),
        "Gannet Stack Light": (["Ysolde Marrak", "Gannet Stack Light"], ("control", "tracker", "archivist")),
    }


def test_a_passage_to_which_no_step_is_known_has_no_path():
    state = scripted_run.state_of(scripted_run.answered())
    assert [(cited.numbers, cited.path, cited.personas) for cited in story_of(state)] == [
        ((1,), (), ()),
        ((2,), (), ()),
    ]


def test_a_run_without_an_answer_has_no_story():
    assert story_of(scripted_run.state_of(scripted_run.walk())) == []


def test_steps_in_a_circle_end():
    events = [graph_run.step("a", "y", "x", "l", 1.0), graph_run.step("a", "x", "y", "l", 1.0)]
    answer = AnswerWritten("", abstained=False, citations=(graph_run.CITATIONS[0],), removed=0)
    cited = graph_run.CITATIONS[0].passage
    events.append(graph_run.step("a", "y", cited, "l", 1.0))
    (passage,) = story_of(scripted_run.state_of([*events, answer]))
    assert [step.target_id for step in passage.path] == ["x", "y", cited]
