"""Completion of a question's last words to a title of the library."""

import pytest

from engine.documents.passages import Passage
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.index.title_completion import complete

TITLES = (
    "Gannet Stack Light",
    "Gannet Rock",
    "The Net School",
    "Café Élan",
    "Saint Orrin's Church",
    "Of the Sea (song)",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    passages = [Passage(str(n), "s", title, "Its History", 0, 1, "x") for n, title in enumerate(TITLES)]
    groups = ["rocks" if "Gannet" in passage.title else "others" for passage in passages]
    return index_passages(SearchIndex(tmp_path_factory.mktemp("index")), list(zip(passages, groups, strict=True)))


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("Who built gannet st", "Who built Gannet Stack Light"),
        ("GAN", "Gannet Rock"),  # the shortest
        ("gannet ", "Gannet Rock"),
        ("who founded the net s", "who founded the Net School"),
        ("the cafe e", "the Café Élan"),
        ("saint orrin's ch", "Saint Orrin's Church"),
        ("saint orrins ch", ""),
        ("who sang of the sea", "who sang Of the Sea (song)"),
        ("Gannet Rock", ""),
        ("ga", ""),
        ("its hist", ""),  # a heading, no title
        ("the", ""),
        ("", ""),
        ("who (a.*", ""),
    ],
)
def test_the_last_words_are_completed(found, text, completed):
    assert complete(text, lambda key: found.index.titles(key, 32)) == completed


def test_only_titles_of_the_scope_are_offered(found):
    assert found.index.titles("gannet", 32, scope=["rocks"]) == ["Gannet Stack Light", "Gannet Rock"]
    assert found.index.titles("gannet", 32, scope=["others"]) == []


def test_the_session_completes_from_the_library_that_is_asked(session):
    assert session.library.complete("Who built gannet") == "Who built Gannet Stack Light"
    assert session.library.complete("and what of the tide cl") == "and what of the Tide Clock"
