"""Answers by hand: what holds an answer, what is shown first, and when nothing is said."""

from pathlib import Path

import pytest

from engine.bench.answers import AnswerRow, holds, measure_answers, token_f1, words
from engine.bench.dataset import read_dataset
from engine.model.client import connect
from engine.personas.persona import PersonaState, RosterEntry
from engine.settings.settings import Ollama, load_settings
from tests.support.datasets import CONTROL, WALKER, write_dataset
from tests.support.ollama_server import OllamaServer, Scripted

ENTRIES = [RosterEntry(CONTROL, PersonaState.ACTIVE), RosterEntry(WALKER, PersonaState.ACTIVE)]
CORPUS = [
    {"id": "light", "title": "Vell Light", "text": "Vell Light is a tower. Oda Marr built Vell Light in 1811."},
    {"id": "net", "title": "Net School", "text": "The Net School taught knots. It closed in 1902 for want of rope."},
    *({"id": f"x{n}", "title": f"Entry {n}", "text": f"The log of day {n} tells of fog."} for n in range(6)),
]
QUERIES = [
    {"id": "1", "question": "Who built Vell Light?", "answers": ["Oda Marr"], "gold": ["light"]},
    {"id": "2", "question": "When did the Net School close?", "answers": ["1902", "in 1902"], "gold": ["net"]},
    {"id": "3", "question": "Who painted Quorn Bridge?", "answers": [], "gold": []},
]


@pytest.fixture
def data(tmp_path):
    return read_dataset(write_dataset(tmp_path / "answers", CORPUS, QUERIES), unanswerable=True)


async def measured(data, model=None) -> dict[str, AnswerRow]:
    rows = await measure_answers(data, ENTRIES, load_settings(Path("nowhere")), model)
    return {row.method: row for row in rows}


async def test_without_a_model_quotations_are_measured_beside_the_first_passage(data):
    rows = await measured(data)
    assert list(rows) == ["extractive", "bm25-passage"]
    quoted, passage = rows.values()
    assert (quoted.questions, quoted.shown, quoted.gold_cited) == (3, 100.0, 100.0)
    assert (quoted.false_abstentions, quoted.right_abstentions, quoted.abstained) == (0.0, 100.0, 33.33)
    assert (passage.shown, passage.first, passage.gold_cited, passage.false_abstentions) == (100.0, 100.0, 100.0, 0.0)
    assert passage.exact == 0.0
    assert passage.words == 11.5  # 11 and 12 words without articles; the third search has no hit
    assert quoted.p50_ms > 0


async def test_with_a_model_its_answers_are_measured_beside_plain_retrieval(data):
    with OllamaServer() as server:
        replies = ["Oda Marr built it [1].", "It closed in 1902 [1]."]
        answers = [Scripted([reply]) for reply in replies]
        refusal = Scripted(["Your library does not say."])
        # The first question of each method is asked twice: once to warm up. Nothing is asked about Quorn Bridge in a
        # run, whose name the library does not know.
        server.enqueue(answers[0], *answers, answers[0], *answers, refusal)
        model = await connect(Ollama(api_endpoint=server.url))
        rows = await measured(data, model)
        await model.close()
    assert list(rows) == ["extractive", "bm25-passage", "model", "plain-rag"]
    for name in ("model", "plain-rag"):
        row = rows[name]
        assert (row.shown, row.first, row.false_abstentions, row.right_abstentions) == (100.0, 100.0, 0.0, 100.0), name
    assert rows["model"].f1 == pytest.approx(100 * (2 * 2 / 6 + 2 * 2 / 6) / 2, abs=0.01)


def test_an_answer_is_held_as_whole_words_in_any_case():
    assert holds("It was OdA  marr, they say.", ["Oda Marr"])
    assert not holds("It weighs 1240 g.", ["240"])
    assert holds("灯塔由马尔建造。", ["马尔"])
    assert not holds("", ["x"])
    assert not holds("x", [])


def test_f1_counts_words_as_squad_does():
    assert words("The blue-green lamp, 3 灯塔") == ["blue", "green", "lamp", "3", "灯", "塔"]
    assert token_f1("the lamp of Vell", ["lamp"]) == pytest.approx(2 / 4)
    assert token_f1("the lamp", ["a lamp", "fog"]) == 1.0
    assert token_f1("the lamp", ["fog"]) == token_f1("", ["fog"]) == 0.0


def test_a_data_set_is_read_without_unanswerable_questions_unless_asked_for(tmp_path):
    folder = write_dataset(tmp_path / "answers", CORPUS, QUERIES)
    assert len(read_dataset(folder).queries) == 2
    assert read_dataset(folder, unanswerable=True).queries[-1].gold == []
