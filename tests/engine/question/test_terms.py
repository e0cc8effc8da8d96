"""The terms of a question: other forms, compounds, near spellings, dates and part numbers that the library has."""

from collections.abc import Callable
from datetime import date

import pytest

from engine.documents.passages import Passage
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.question.question import read_question
from engine.question.terms import QuestionWords
from engine.text.languages import language_of

TEXTS = (
    "Two wolves were seen by the director, who took the septicaemia file S-057 to Ysolde Marrak on 3 July 2025.",
    "The other file is called S-058, and it was written by the same director in the same office.",
    "Die Wärmepumpe im Keller wurde von der Firma Kessler erneuert, und das Haus ist jetzt warm.",
    "Die Arbeit am Dach ist noch nicht fertig, und der Garten ist es auch nicht.",
    "仓库的钥匙由王芳保管，菜单由李强负责。",
)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    passages = [Passage(str(n), "s", "", "", 0, len(text), text, language_of(text)) for n, text in enumerate(TEXTS)]
    retriever = index_passages(SearchIndex(tmp_path_factory.mktemp("index")), [(p, "") for p in passages])
    assert retriever.languages == ("en", "de", "zh")
    return retriever


@pytest.fixture(scope="module")
def words(retriever: Retriever) -> Callable[[str], QuestionWords]:
    return lambda question: QuestionWords(question, retriever, today=date(2025, 7, 4))


@pytest.mark.parametrize(
    ("question", "known", "unknown"),
    [
        ("Who directed it?", {"director"}, []),
        ("Where was a wolf seen?", {"wolv", "seen"}, []),
        ("Who takes it?", {"took"}, []),
        ("What is septicemia?", {"septicaemia"}, []),
        ("Who is Ysolda Marrak?", {"ysold", "marrak"}, []),
        ("Who painted it?", set(), ["paint"]),
        ("Wer erneuerte die Wärmepumpe?", {"erneuert", "warmepump"}, []),
        ("Wo sind die Kellergärten?", {"kell", "gart"}, []),
        ("钥匙在哪里", {"钥匙", "钥", "匙"}, []),
        ("What is file S-057?", {"file", "s-057"}, []),
        ("What is file S-059?", {"file"}, ["059"]),
        ("What happened on 3 July 2025?", {"date:20250703"}, []),
        ("What happened yesterday?", {"date:20250703"}, []),
    ],
)
def test_a_word_is_tried_in_every_form_before_it_is_unknown(words, question, known, unknown):
    terms, missing = words(question).terms()
    assert {term.forms[0] for term in terms} == known
    assert missing == unknown


def test_the_language_of_a_question_is_one_of_the_library(words):
    assert words("Wer hat die Firma?").language == "de"
    assert words("Who owns it?").language == "en"
    assert words("Qui est là?").language == "en"


def test_a_word_has_a_form_in_each_language(words):
    (term,), _ = words("director").terms()
    assert (term.forms, term.frequency) == (("director",), 2)


def test_a_german_noun_by_itself_is_no_unknown_name_but_an_english_one_is(retriever):
    assert read_question("Wer hat die Dachrinne repariert?", retriever).unknown_names == ()
    assert read_question("Wer hat mit Ottokar Brandl gesprochen?", retriever).unknown_names == ("Ottokar Brandl",)
    assert read_question("Who met Dachrinne?", retriever).unknown_names == ("Dachrinne",)


def test_a_stem_is_counted_in_the_passages_of_a_language(retriever):
    counts = [retriever.term_frequency(*look_up) for look_up in (("director",), ("director", "en"), ("director", "de"))]
    assert counts == [2, 2, 0]
    assert retriever.term_frequency("warmepump", "de") == 1
    assert retriever.term_frequency("date:20250703", "en") == 1
