"""What the lines of the graph say, in any width and whatever stands in the documents."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from engine.events import AnswerWritten, PersonaStepped, QuestionRead, RunStarted
from tests.support import graph_run as run
from tui.drawing.ascii import to_ascii
from tui.graph.details_text import copied_path, details, heading_details, why
from tui.graph.state import Visit
from tui.graph.text import Picture, added_by, growth_text, legend_text, line_text
from tui.graph.tree import Choice, tree_lines, tree_of

HOSTILE = "[red]x[/red]\x1b[2J\x9b31m\u202eevil\u2066\x00 鐘🔔" * 3


def picture(growth=None, **changed):
    return replace(Picture((growth or run.grown()).state), **changed)


def rows(shown, choice=Choice(), width=80):  # noqa: B008 - frozen
    lines = tree_lines(shown.view, tree_of(shown.view, choice.persona), choice)
    return [line_text(line, shown, width).plain for line in lines]


def test_a_line_tells_link_title_citation_rank_visits_personas_and_score():
    text = rows(picture(), width=84)
    assert text[0].split() == ["▾", *run.QUESTION.split(), "cited", "rank", "visits", "CTAN", "best"]
    assert text[1].startswith(" ├─▾ ysolde marrak, a name in it")
    assert text[2].startswith(" │ ├─▾ Ysolde Marrak (1) ")
    assert text[2].endswith(" [1]    1      3 ·TAN  1.0")
    assert text[3].startswith(" │ │ └─▾ Gannet Stack Light ")
    assert text[3].endswith(" [2]    2      4 CTA·  .70")
    assert text[6].strip().startswith("│ │   ├─  hosea garrane → Orrin Bell")
    assert text[5].strip().startswith("│ │   │ └─↗ Gannet Stack Light")


@pytest.mark.parametrize("width", [10, 24, 40, 71, 72, 80, 200])
def test_every_line_has_exactly_the_width_of_the_pane(width):
    hostile = run.grown([
        RunStarted("r", HOSTILE, 1, 1, None),
        QuestionRead((HOSTILE,), (HOSTILE,), ()),
        PersonaStepped(HOSTILE, 0, "", HOSTILE, HOSTILE, "title", 1.0),
        PersonaStepped(HOSTILE, 1, HOSTILE, "x#1", HOSTILE, HOSTILE, 1.0),
    ])  # fmt: skip
    for growth in (run.grown(), hostile):
        for text in rows(picture(growth), width=width):
            assert cell_len(text) == width
            assert not set(text) & set("\x1b\x9b\u202e\u2066\x00")


def test_a_narrow_line_keeps_citations_and_personas():
    assert rows(picture(), width=40)[2].split() == ["│", "├─▾", "Ysolde", "Marrak", "(1)", "[1]", "·TAN"]


def test_what_the_last_step_added_is_marked():
    growth = run.grown(position=5)
    assert added_by(growth.state.last) == {run.LIGHT}
    shown = picture(growth, new=added_by(growth.state.last))
    assert [text for text in rows(shown) if text.startswith("»")] == [rows(shown)[3]]
    assert added_by(run.RANKED) == {run.YSOLDE, run.LIGHT, run.BERRIT}
    assert added_by(run.ANSWER) == {run.YSOLDE, run.LIGHT}
    assert added_by(None) == frozenset()


def test_what_is_folded_says_how_much_it_hides():
    assert "Gannet Stack Light +4" in rows(picture(), Choice(folded=frozenset({run.LIGHT})))[3]


def test_ascii_alone_draws_the_same_tree():
    text = [to_ascii(line) for line in rows(picture())]
    assert text[3].startswith(" | | +-v Gannet Stack Light")
    assert [cell_len(line) for line in text] == [cell_len(line) for line in rows(picture())]


def test_far_below_the_level_is_a_number():
    steps = [PersonaStepped("a", 1, f"{k - 1}#1" if k else "", f"{k}#1", f"T{k}", "n", 0.5) for k in range(40)]
    text = rows(picture(run.grown([*run.STARTED, *steps])))
    assert text[-1].startswith(" 41                 └─  n → T39")


def test_the_legend_names_each_persona_by_its_number_and_symbol():
    view = run.grown().state
    assert legend_text(view, "", 80).plain == "1C control  2T tracker  3A archivist  4N analyst"
    assert legend_text(view, "", 30).plain == "1C c…  2T t…  3A a…  4N a…"
    assert legend_text(view, "", 20).plain == "1C  2T  3A  4N"
    chosen = [s for s in legend_text(view, "tracker", 80).spans if "reverse" in str(s.style)]
    assert len(chosen) == 1


def test_growth_says_which_step_did_what():
    def told(position):
        growth = run.grown(position=position)
        return growth_text(growth.state, growth.total).plain

    assert told(0) == "step 0/16 · 0 passages, 0 links"
    assert told(4) == "step 4/16 · tracker: Ysolde Marrak by title · 4 passages, 0 links"
    assert (
        told(5) == "step 5/16 · tracker: Ysolde Marrak → Gannet Stack Light by gannet stack light · 4 passages, 1 link"
    )
    assert told(15) == "step 15/16 · the panel ranks 3 passages, 92% of the question · 6 passages, 6 links"
    assert told(16) == "step 16/16 · the answer cites 2 · 6 passages, 6 links"
    growth = run.grown()
    growth.state.apply(AnswerWritten("no", abstained=True, citations=(), removed=0))
    assert "unanswered" in growth_text(growth.state, 17).plain


def test_why_a_persona_came():
    view = run.grown().state
    assert why(view, Visit("a", "", "title", 1), "Ysolde Marrak") == "its title stands in the question"
    assert why(view, Visit("a", "", "search", 1), "Ysolde Marrak") == "found by the question's words"
    assert why(view, Visit("a", run.LIGHT, "tobiasz krelle", 1), "Tobiász Krelle") == "“Gannet Stack Light” names it"
    assert why(view, Visit("a", run.LIGHT, "gannet stack light", 1), "Bell") == "it names “Gannet Stack Light”"
    assert why(view, Visit("a", run.LIGHT, "hosea", 1), "Bell") == "“Gannet Stack Light” and it both name hosea"


def test_details_tell_the_path_the_reasons_and_the_text():
    shown = picture()
    head, path, *reasons, text = (t.plain for t in details(shown, tree_of(shown.view), run.LIGHT, "# A light\n" * 200))
    assert (
        head
        == "Gannet Stack Light · library/gannet-stack-light.md · cited [2] · #2 of the panel, score 0.50 · 4 visits"
    )
    assert path == (
        "path question → ysolde marrak → Ysolde Marrak → (gannet stack light) Gannet Stack Light"
        " → [2] “It was built by Tobiász Krelle.”"
    )
    assert reasons == [
        "C control .50  found by the question's words",
        "T tracker .70  A archivist .65  “Ysolde Marrak” names it",
        "T tracker .70  “Tobiász Krelle” names it",
    ]
    assert text.startswith("text # A light\n# A light")
    assert len(text) <= 1205


def test_a_heading_tells_what_it_stands_for():
    shown = picture()
    lines = tree_lines(shown.view, tree_of(shown.view), Choice())
    question, columns, signs, *told = [text.plain for text in heading_details(shown, lines[0])]
    assert (question, told) == (run.QUESTION, ["names ysolde marrak", f"answer {run.ANSWER.answer}"])
    assert columns.startswith("cited by this number in the answer · rank in the panel's order")
    assert " · CTAN which ones did · best the best score" in columns
    assert signs == "under a passage are those to which it led, by the name before → · » new · ↗ in full elsewhere"
    assert "a title in the library" in heading_details(shown, lines[1])[0].plain
    assert "a search" in heading_details(shown, lines[9])[0].plain


def test_the_copied_path_has_the_whole_quote_and_the_source():
    view = run.grown().state
    assert copied_path(view, tree_of(view), run.YSOLDE).splitlines() == [
        run.QUESTION,
        f"question → ysolde marrak → Ysolde Marrak → [1] “{run.KEPT}”",
        "/library/ysolde-marrak.md",
    ]
