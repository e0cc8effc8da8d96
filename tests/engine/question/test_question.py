"""Reading a question: its terms and their weights, its names, and what the library has never heard of."""

import pytest

from engine.documents.passages import Passage
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.question.question import Name, Question, read_question
from engine.text.names import root
from engine.text.relation_words import related_roots

TEXTS = [
    ("Vane Head Light", "Vane Head Light was built in 1820. Ann Lee kept the light."),
    ("Ann Lee", "Ann Lee was born in Udrigg. She married Bo Tarn."),
    ("Mercury (planet)", "Mercury is the smallest planet."),
    ("Mercury (element)", "Mercury is a metal, and no planet."),
    ("Wife Rock", "Wife Rock is an island."),
    ("Of the Sea", "A song of the sea, sung in Udrigg."),
    ("Café Élan", "The café was founded by Bo Tarn."),
    *((f"Day {n}", f"On day {n} the wind blew. Nothing else.") for n in range(150)),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    passages = [Passage(str(n), "s", title, "", 0, len(text), text) for n, (title, text) in enumerate(TEXTS)]
    return index_passages(SearchIndex(tmp_path_factory.mktemp("index")), [(p, "") for p in passages])


def names(question: Question) -> dict[str, Name]:
    return {name.key: name for name in question.names}


def test_terms_are_the_known_stems_and_rarer_ones_weigh_more(found):
    question = read_question("Which planet did the wind polish?", found)
    assert question.terms == ("planet", "wind")
    assert question.unknown == ("polish",)
    assert float(question.weights.sum()) == pytest.approx(1.0)
    assert question.weights[0] > 2 * question.weights[1] > 0
    assert question.search_terms() == {"planet": 1.0, "wind": 1.0}


def test_a_word_asked_twice_is_one_term(found):
    assert read_question("planet planets Planet", found).terms == ("planet",)


def test_names_are_titles_and_what_passages_mention(found):
    found_names = names(read_question("Was Ann Lee of Vane Head Light married to Bo Tarn?", found))
    assert set(found_names) == {"ann lee", "vane head light", "bo tarn"}
    ann, bo = found_names["ann lee"], found_names["bo tarn"]
    assert [found.open(n).passage.title for n in ann.titled] == ["Ann Lee"]
    assert (ann.start, ann.end, ann.frequency) == (1, 3, 2)
    assert (bo.titled, bo.frequency) == ((), 2)
    assert 0 < bo.confidence < ann.confidence <= 1


def test_a_title_is_found_in_lower_case_and_without_its_parentheses(found):
    assert len(names(read_question("who kept the vane head light?", found))["vane head light"].titled) == 1
    assert len(names(read_question("Is Mercury hot?", found))["mercury"].titled) == 2
    assert set(names(read_question("who founded the cafe elan", found))) == {"cafe elan"}


def test_a_part_of_a_known_name_is_no_name_of_its_own(found):
    assert set(names(read_question("Vane Head Light", found))) == {"vane head light"}


def test_a_name_of_one_word_is_less_sure_than_a_longer_one(found):
    question = names(read_question("Did Ann Lee live in Udrigg?", found))
    assert question["udrigg"].confidence < question["ann lee"].confidence
    titled = names(read_question("Did Ann Lee see Mercury?", found))
    assert titled["mercury"].frequency == titled["ann lee"].frequency == 2
    assert titled["mercury"].confidence < titled["ann lee"].confidence


@pytest.mark.parametrize("text", ["Of the sea?", "What is of the sea", "the wind blew", "is it the light of it"])
def test_common_words_are_no_names(found, text):
    assert not set(names(read_question(text, found))) & {"of", "the", "is", "wind", "light", "of the", "it"}


def test_names_stand_in_the_order_of_the_question(found):
    question = read_question("Bo Tarn, Ann Lee, Vane Head Light", found)
    assert [name.key for name in question.names] == ["bo tarn", "ann lee", "vane head light"]


def test_words_inside_names_are_marked_and_have_no_kin(found):
    question = read_question("Who married Ann Lee?", found)
    by_term = dict(zip(question.terms, zip(question.in_names, question.resolved, strict=True), strict=True))
    assert [term for term, (inside, _) in by_term.items() if inside] == ["ann", "lee"]
    assert by_term["ann"][1] == pytest.approx(names(question)["ann lee"].confidence)
    assert by_term["marri"][1] == 0
    place = question.terms.index("marri")
    assert question.terms_by_root["marri"] == ((place, 1.0),)
    (stands_for,) = question.terms_by_root["wife"]
    assert stands_for[0] == place
    assert 0 < stands_for[1] < 1


def test_a_word_of_a_name_has_no_kin(found):
    question = read_question("Where is Wife Rock?", found)
    assert set(names(question)) == {"wife rock"}
    assert set(question.terms_by_root) == {"wife", "rock"}


def test_kin_is_mutual_and_never_the_word_itself():
    assert root("born") in related_roots("birthplac")
    for word in ("birthplac", "wife", "direct", "compos"):
        assert word not in related_roots(word)
        assert all(word in related_roots(other) for other in related_roots(word))
    assert related_roots("lamp") == frozenset()


def test_coverage_counts_terms_whole_and_kin_in_part(found):
    question = read_question("Who founded the planet?", found)
    assert question.coverage(["found", "planet", "else"]) == pytest.approx(1.0)
    assert question.coverage([]) == 0
    planet, founded = (float(question.weights[question.terms.index(term)]) for term in ("planet", "found"))
    assert question.coverage(["planet", "planet"]) == pytest.approx(planet)
    assert 0 < question.coverage(["creat"]) < founded
    assert question.covered(["creat", "found"])[question.terms.index("found")] == 1.0


def test_an_unknown_word_cannot_be_covered(found):
    question = read_question("Is the planet a cormorant?", found)
    assert question.unknown == ("cormor",)
    assert question.coverage(["planet"]) == pytest.approx(1 / (1 + question.unknown_weight))
    assert 0.2 < question.coverage(["planet"]) < 0.8
    more = read_question("Is the planet a cormorant in a quarry?", found)
    assert more.coverage(["planet"]) < question.coverage(["planet"])
    assert read_question("Is the planet?", found).unknown_weight == 0


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Who was Zebedee Quist of Udrigg?", ("Zebedee Quist of Udrigg",)),
        ("Where did Quist live?", ("Quist",)),
        ("Did Ann Lee meet Ann Quist?", ("Ann Quist",)),
        ("Zebedee was born?", ()),
        ("Was zebedee quist born?", ()),
        ("Did Ann Lee marry?", ()),
    ],
)
def test_names_that_the_library_never_uses(found, text, unknown):
    assert read_question(text, found).unknown_names == unknown


@pytest.mark.parametrize(
    "text", ["", "   ", "?!", "the of and", "\x00\x1b[0m", "東京 где \ud800", "x" * 5000, "why " * 400]
)
def test_any_text_can_be_asked(found, text):
    question = read_question(text, found)
    assert question.terms == ()
    assert question.names == ()
    assert question.coverage(["x"]) == 0


def test_an_empty_library_knows_nothing(tmp_path):
    question = read_question("Who is Ann Lee?", Retriever(SearchIndex(tmp_path)))
    assert (question.terms, question.names, question.unknown) == ((), (), ("ann", "lee"))
    assert question.unknown_names == ("Ann Lee",)
    assert question.coverage(["ann"]) == 0


def test_a_scope_knows_only_its_own_titles(tmp_path):
    rows = [
        (Passage("0", "s", "Ann Lee", "", 0, 4, "text"), "/a"),
        (Passage("1", "s", "Bo Tarn", "", 0, 4, "text"), "/b"),
    ]
    index = index_passages(SearchIndex(tmp_path), rows).index
    question = read_question("Did Ann Lee meet Bo Tarn?", Retriever(index, ("/b",)))
    assert [name.key for name in question.names] == ["bo tarn"]


def test_the_first_word_of_a_question_is_no_part_of_a_name(found):
    assert read_question("Was Zebedee Quist born?", found).unknown_names == ("Zebedee Quist",)
