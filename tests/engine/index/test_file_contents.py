"""What the index holds of one file."""

from engine.documents.passages import Passage
from engine.index.file_contents import FileContents, NameInFile, contents_of
from engine.index.retriever import index_passages
from engine.index.search_index import SearchIndex


def passage(source: str, start: int, text: str, title: str) -> tuple[Passage, str]:
    return Passage(f"{source}#{start}", source, title, "", start, start + len(text), text), source


def test_passages_in_order_and_names_by_how_many_know_them(tmp_path):
    texts = [
        passage("b.md", 40, "There Ada Quist met Bo.", "Owl"),
        passage("b.md", 0, "The Owl belongs to Ada Quist.", "Owl"),
        passage("a.md", 0, "Ada Quist was born here.", "Ada Quist"),
    ]
    index = SearchIndex(tmp_path)
    index_passages(index, texts)
    found = contents_of(index, "b.md")
    assert [p.start for p in found.passages] == [0, 40]
    assert NameInFile("ada quist", 2, 3, 1) in found.names
    assert found.names[0].key == "ada quist"
    assert all(name.in_file <= name.in_library for name in found.names)


def test_a_file_that_is_not_in_the_index_holds_nothing(tmp_path):
    assert contents_of(SearchIndex(tmp_path), "gone.md") == FileContents((), ())
