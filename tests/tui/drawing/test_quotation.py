"""How quotations are drawn: Markdown as Markdown, other text letter for letter, the answering words in bold."""

import io

from rich.console import Console

from engine.events import Citation
from tui.drawing.quotation import drawn_quotations, readable_markdown


def drawn(*citations: Citation) -> str:
    console = Console(width=60, no_color=True, record=True, file=io.StringIO())
    console.print(drawn_quotations(citations))
    return console.export_text()


def cited(quote: str, source: str = "/n/a.md", **more: object) -> Citation:
    return Citation(1, source, "A", 0, len(quote), quote, **more)  # type: ignore[arg-type]


def test_links_show_their_text_and_tags_and_footnotes_go():
    text = "See [the plan](https://x.y/a_(b)), [[Notes#Top|my notes]], ![[cat.png]]<p/> and this[^1]."
    assert readable_markdown(text) == "See the plan, my notes, cat.png and this."


def test_a_row_is_drawn_under_its_header_with_every_cell():
    lead, row = "| | Standard | Plus |", "| File size | 5 MB | 200 MB |"
    lines = drawn(cited(row, lead=lead, marks=((0, len(row)),))).splitlines()
    header = next(line for line in lines if "Standard" in line)
    cells = next(line for line in lines if "5 MB" in line)
    assert cells.index("5 MB") == header.index("Standard")
    assert cells.index("200 MB") == header.index("Plus")


def test_plain_text_stays_as_it_is():
    code = "a[0] *= b  # **no** [link](x)"
    assert drawn(cited(code, "/n/a.py")).strip() == f"{code} [1]"


def test_the_number_stands_behind_the_words_and_a_role_before_them():
    first, second = cited("The rent is **640** euros."), cited("The rent is **690** euros.", role="differs")
    text = drawn(first, second)
    assert "The rent is 640 euros. [1]" in text
    assert "differs from [1]" in text


def test_marks_over_several_blocks_are_balanced():
    quote = "First *part*.\n\n- an item\n- another"
    assert "another" in drawn(cited(quote, marks=((3, len(quote)),)))


def test_private_characters_of_a_source_are_not_ours():
    assert "\ue000" not in drawn(cited("A \ue000trick\ue001 here.", marks=((0, 3),)))
