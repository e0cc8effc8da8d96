"""The cells of a row with their spans, and the names of their places."""

import pytest

from engine.documents.document import Document, Location, Syntax
from engine.documents.passages import split_document
from engine.documents.structure.cells import cells_of, cells_place, delimiter_of, row_range, rows_place


@pytest.mark.parametrize(
    ("row", "delimiter", "texts"),
    [
        ("| a | b\\|c |  |", "|", ["a", "b|c", ""]),
        ("a | b", "|", ["a", "b"]),
        ('1;"2,5 ""x""";;z', ";", ["1", '2,5 "x"', "", "z"]),
        ("a,b,", ",", ["a", "b", ""]),
        ("x", ",", ["x"]),
        ("", ",", [""]),
        ("Ruth Aalto\tAccounts\t4411", "\t", ["Ruth Aalto", "Accounts", "4411"]),
        ('"two\nlines",2', ",", ["two\nlines", "2"]),
    ],
)
def test_cells_are_spans_of_the_row(row, delimiter, texts):
    cells = cells_of(row, delimiter, is_markdown=delimiter == "|")
    assert [cell.text for cell in cells] == texts
    for cell in cells:
        assert row[cell.start : cell.end].replace('""', '"').replace("\\|", "|") == cell.text


def test_the_sign_between_cells_is_the_commonest_outside_quotes():
    assert delimiter_of('"a;b;c",d,e', is_markdown=False) == ","
    assert delimiter_of("one column", is_markdown=False) == ""
    assert delimiter_of("| a | b |", is_markdown=True) == "|"
    assert delimiter_of("a, b:", is_markdown=True) == ""


def test_places_name_cells_as_a_sheet_does_and_else_row_and_column():
    assert row_range("Dues", 4, 2, 3) == "sheet Dues, B4:D4"
    assert row_range("Dues", 4, 27, 1) == "sheet Dues, AA4"
    assert cells_place(["sheet Dues, B4:D4", "sheet Dues, B5:D5"], 1, "Price") == "sheet Dues, C4:C5"
    assert cells_place(["row 2", "row 3", "row 7"], 1, "Price") == "rows 2-3, 7, column Price"
    assert cells_place(["picture, row 2"], 0, "Item") == "picture, row 2, column Item"
    assert rows_place(["row 2", "row 3"]) == "rows 2-3"


def test_rows_are_numbered_from_their_header_and_text_after_a_table_is_no_row():
    text = "Intro.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nAfter it.\n\n| c | d |\n|---|---|\n| 5 | 6 |\n"
    (passage,) = split_document(Document("/n/x.md", "X", text, Syntax.MARKDOWN), 1200)
    names = {words: passage.location(text.index(words)).name for words in ("Intro", "| 1", "| 3", "After", "| 5")}
    assert names == {"Intro": "", "| 1": "row 2", "| 3": "row 3", "After": "", "| 5": "row 2"}


def test_rows_of_a_page_keep_their_page_and_a_named_place_keeps_its_name():
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"
    places = (Location(0, 3), Location(text.index("| 3"), 4, "sheet S, A3:B3"))
    (passage,) = split_document(Document("/n/x.pdf", "X", text, Syntax.MARKDOWN, locations=places), 1200)
    assert passage.location(text.index("| 1"))[1:3] == (3, "row 2")
    assert passage.location(text.index("| 3"))[1:3] == (4, "sheet S, A3:B3")


def test_a_record_over_several_lines_is_one_row():
    text = 'name,note\nA,"two\nlines"\nB,x'
    (passage,) = split_document(Document("/n/x.csv", "X", text, Syntax.TABLE), 1200)
    assert passage.location(text.index("B,x")).name == "row 3"
