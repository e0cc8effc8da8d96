"""The features of a question: each in [0, 1], and each moving with what it stands for."""

import pytest

from engine.documents.passages import Passage
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.question_features import FEATURES, question_features
from engine.question.question import read_question
from engine.walk.neighbourhood import Neighbourhood

TEXTS = {
    "Tide Song": "Tide Song is a hymn. It was composed by Mara Ellin for Orla Vane, and first sung in Tarnby.",
    "Mara Ellin": "Mara Ellin taught music. She was born in Tarnby and died at sea.",
    "Orla Vane": "Orla Vane built boats. Her brother kept bees.",
    "Tarnby": "Tarnby is a town on the river Oule. Its bridge is old.",
    "Oule": "The Oule rises in the hills and has no boats.",
    "Walrus": "A walrus walrus walrus lay there.",
    "Ferry": "The ferry left at noon.",
    "Barge": "The barge left at noon.",
    **{f"Day {n}": f"On day {n} the wind blew, and a kettle was heard." for n in range(20)},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    passages = [Passage(title, "s", title, "", 0, len(text), text) for title, text in TEXTS.items()]
    return index_passages(SearchIndex(tmp_path_factory.mktemp("index")), [(p, "") for p in passages])


@pytest.fixture
def read(found):
    """The features of a question by name."""

    def features(text: str) -> dict[str, float]:
        return dict(zip(FEATURES, question_features(Neighbourhood(read_question(text, found), found)), strict=True))

    return features


def rises(read, feature: str, *questions: str) -> list[float]:
    """The feature at these questions, which it has to rise along."""
    values = [read(question)[feature] for question in questions]
    assert values == sorted(set(values)), (feature, values)
    return values


@pytest.mark.parametrize(
    "text",
    [
        "", "?", "of of of of of of whose which who that by", "Xylophone?", "walrus",
        "Mara Ellin, Orla Vane, Tide Song, Tarnby, Oule and Walrus or Ferry?",
        "Who was the wife of the man who built the boat of the brother of the composer of Tide Song?",
        "kettle wind day", "Tide Song " * 30,
    ],
)  # fmt: skip
def test_every_feature_is_a_share_and_the_first_is_the_bias(read, text):
    features = read(text)
    assert tuple(features) == FEATURES
    assert all(0 <= value <= 1 for value in features.values())
    assert features["bias"] == 1.0


def test_the_same_question_has_the_same_features(read):
    assert read("Who composed Tide Song?") == read("Who composed Tide Song?")


def test_names_are_counted_up_to_three(read):
    values = rises(read, "names", "Who built boats?", "What did Orla Vane build?", "Orla Vane and Mara Ellin?")
    assert values == [0.0, pytest.approx(1 / 3, abs=1e-3), pytest.approx(2 / 3, abs=1e-3)]
    assert read("Orla Vane, Mara Ellin, Tide Song, Tarnby")["names"] == 1.0


def test_the_named_share_is_what_names_make_up_of_the_question(read):
    questions = ("What boats and bees and hymns?", "What boats and hymns of Orla Vane?", "Orla Vane?")
    values = rises(read, "named share", *questions)
    assert values[0] == 0.0


def test_a_chain_has_words_that_chain_relations(read):
    chain = ("Who composed Tide Song?", "Who was the composer of Tide Song?", "Who was the brother of the maker of it?")
    assert rises(read, "chain", *chain)[0] == 0.0
    assert read("Which boat did the father of Orla Vane's brother build?")["chain"] == pytest.approx(2 / 3, abs=1e-3)
    assert read("Whose wife was the woman that the man who lived by the town of Tarnby built for?")["chain"] == 1.0


def test_a_comparison_is_one_or_is_none(read):
    assert read("Which is older, Tarnby or Oule?")["comparison"] == 1.0
    assert read("Who lived between the hills?")["comparison"] == 1.0
    assert read("Who composed Tide Song?")["comparison"] == 0.0
    assert read("Whose origin was mortal?")["comparison"] == 0.0  # "or" only inside of words


def test_the_margin_is_how_far_the_first_hit_is_ahead(read):
    assert read("What left at noon?")["first-hit margin"] == pytest.approx(0.0, abs=1e-4)  # two alike
    assert read("Which ferry left at noon?")["first-hit margin"] > 0.1
    assert read("Xylophone?")["first-hit margin"] == 0.0


def test_the_covered_share_falls_with_words_that_the_first_hits_lack(read):
    values = rises(read, "covered share", "Xylophone?", "Which trombone and xylophone of the walrus?", "walrus")
    assert (values[0], values[-1]) == (0.0, 1.0)


def test_the_density_is_how_many_links_lead_out_of_the_first_hit(read):
    assert rises(read, "link density", "walrus", "Who composed the hymn?")[0] == 0.0
