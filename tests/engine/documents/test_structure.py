"""The units of a text: what can be quoted, and what each belongs to."""

import random
from itertools import pairwise
from time import process_time

import pytest

from engine.documents.document import Document, Syntax
from engine.documents.passages import Passage, split_document
from engine.documents.structure.parsers import blocks_of
from engine.documents.structure.records import is_chat

Units = list[tuple[str, str]]


def passages(text: str, syntax: Syntax = Syntax.MARKDOWN, limit: int = 1200) -> list[Passage]:
    return list(split_document(Document("s", "Doc", text, syntax), limit))


def units(text: str, syntax: Syntax = Syntax.MARKDOWN, limit: int = 1200) -> Units:
    """What can be quoted, and its lead."""
    return [
        (passage.text[s.start : s.end], passage.leads[s.lead].text if s.lead >= 0 else "")
        for passage in passages(text, syntax, limit)
        for s in passage.sentences
        if s.is_quotable
    ]


def test_front_matter_is_no_text():
    text = "---\ntitle: Roof repair\ntags: [roof]\n---\n\nTwo slates were missing.\n"
    assert units(text) == [("Two slates were missing.", "")]
    assert passages(text)[0].text == "Two slates were missing."


def test_dashes_in_the_middle_are_no_front_matter():
    assert units("One.\n\n---\nTwo: 2\n---\n\nThree.") == [("One.", ""), ("Three.", "")]
    assert "Two: 2" in passages("One.\n\n---\nTwo: 2\n---\n\nThree.")[1].heading


def test_a_row_belongs_to_the_header_in_whatever_passage_it_is():
    rows = [f"| P{n:03} | part {n} | {n * 4} |" for n in range(90)]
    text = "# Parts\n\n| id | what | stock |\n|---|---|---|\n" + "\n".join(rows) + "\n\nEnd.\n"
    assert units(text, limit=400) == [*((row, "| id | what | stock |") for row in rows), ("End.", "")]
    pieces = passages(text, limit=400)
    assert len(pieces) > 5
    assert all("stock" in passage.context for passage in pieces[1:-1])
    assert "stock" not in pieces[0].context


def test_an_item_belongs_to_what_leads_to_its_list_or_to_the_item_above_it():
    text = "Bring these:\n\n- oil\n- bread\n  - rye\n    - 500 g\n  - salt\n1. first\n\nNo lead here.\n\n* alone\n"
    assert units(text) == [
        ("Bring these:", ""),
        ("oil", "Bring these:"),
        ("bread", "Bring these:"),
        ("rye", "bread"),
        ("500 g", "rye"),
        ("salt", "bread"),
        ("first", "Bring these:"),
        ("No lead here.", ""),
        ("alone", ""),
    ]


def test_a_short_item_is_one_unit_and_a_long_one_its_sentences():
    assert units("- Call Ann. She has the key.") == [("Call Ann. She has the key.", "")]
    long = "She has the key of the shed and of the gate. " * 12
    assert len(units(f"- {long}")) == 12


@pytest.mark.parametrize("fence", ["```", "~~~", "```sh"])
def test_code_belongs_to_the_sentence_before_it(fence):
    code = f"{fence}\nsystemctl restart relay\n{fence[:3]}"
    assert units(f"# Relay\n\nIt is old. Restart it with\n\n{code}\n\nThen wait.") == [
        ("It is old.", ""),
        (f"Restart it with\n\n{code}", ""),
        ("Then wait.", ""),
    ]


def test_code_after_a_heading_stands_alone_and_is_no_heading():
    pieces = passages("## Backup\n\n```yaml\nretention: 35 days\n```\n")
    assert [passage.heading for passage in pieces] == ["Backup"]
    assert units("## Backup\n\n```yaml\nretention: 35 days\n```\n") == [("retention: 35 days", "")]


def test_long_code_is_quoted_by_its_lines_with_the_sentence_before_it():
    code = "\n".join(f"step_{n}(alpha, beta, gamma)" for n in range(60))
    first, *pieces = units(f"Do this:\n\n```\n{code}\n```\n")
    assert first == ("Do this:", "")
    assert len(pieces) > 3
    assert {lead for _, lead in pieces} == {"Do this:"}
    assert all(len(text) <= 400 for text, _ in pieces)


def test_a_footnote_belongs_to_the_sentence_that_refers_to_it():
    text = "Dull. The relay[^1] is old.\n\nMore.\n\n[^1]: It is replaced in June.\n[^2]: Nobody refers to it.\n"
    assert ("It is replaced in June.", "The relay[^1] is old.") in units(text)
    assert ("Nobody refers to it.", "") in units(text)


def test_a_call_out_leads_its_words():
    text = "> [!warning] Deadline\n> The application must be posted.\n> Before 14 June.\n\n> A quotation. Its end.\n"
    title = "[!warning] Deadline"
    assert units(text)[-2:] == [("A quotation.", ""), ("Its end.", "")]
    assert {lead for _, lead in units(text)[:-2]} == {title}


def test_the_definition_of_a_link_is_searched_and_nothing_is_lost():
    assert ("[Ann]: 01711234", "") in units("Call Ann.\n\n[Ann]: 01711234\n")


@pytest.mark.parametrize("title", ["Setext\n======", "# Setext", "## Setext ##"])
def test_headings_are_not_quoted(title):
    assert units(f"{title}\n\nWords.") == [("Words.", "")]
    assert passages(f"{title}\n\nWords.")[0].heading == "Setext"


def test_the_literal_block_of_restructured_text_belongs_to_its_sentence():
    text = "Backup\n======\n\nIt is daily. Start it with::\n\n    borg create\n\n    borg prune\n\nThe key lies in B.\n"
    assert units(text, Syntax.RST) == [
        ("It is daily.", ""),
        ("Start it with::\n\n    borg create\n\n    borg prune", ""),
        ("The key lies in B.", ""),
    ]


ORG = """#+TITLE: Workshop journal
#+FILETAGS: :shop:

* TODO Replace the saw blade  :saw:
DEADLINE: <2024-05-10 Fri>
:PROPERTIES:
:ID:       4b1c-77
:END:
The blade is from Holt.

** Notes
| a | b |
|---+---|
| 1 | 2 |

Run it:

#+begin_src sh
saw --on
#+end_src
"""


def test_org():
    pieces = passages(ORG, Syntax.ORG)
    assert [passage.heading for passage in pieces] == ["Replace the saw blade", "Notes"]
    assert units(ORG, Syntax.ORG) == [
        ("DEADLINE: <2024-05-10 Fri>", ""),
        ("The blade is from Holt.", ""),
        ("| 1 | 2 |", "| a | b |"),
        ("Run it:\n\n#+begin_src sh\nsaw --on\n#+end_src", ""),
    ]


def test_the_records_of_a_table_belong_to_its_header():
    text = '\ufeffid;room;note\nS-1;Archive 0;"two\nlines; ""quoted"""\n\nS-2;Cellar;x\n'
    assert units(text, Syntax.TABLE) == [
        ('S-1;Archive 0;"two\nlines; ""quoted"""', "id;room;note"),
        ("S-2;Cellar;x", "id;room;note"),
    ]


def test_a_record_is_never_cut():
    text = "id;room\n" + "\n".join(f"S-{n:03};Archive room {n}" for n in range(100))
    pieces = passages(text, Syntax.TABLE, 200)
    assert all(passage.text.startswith(("S-", "id;")) for passage in pieces)
    assert len(units(text, Syntax.TABLE, 200)) == 100


STAMPS = [
    ("[12/03/24, 10:16:40] Greta: ", "[12/03/24, 10:17:02] Marius: ", "[13/03/24, 08:01:11] Lina: "),
    ("\u200e[12.03.24, 10:16:40] Greta: ", "[12.03.24, 10:17:02] Marius: ", "[13.03.24, 08:01:11] Lina: "),
    ("12/03/2024, 10:16 - Greta: ", "12/03/2024, 10:17 - Marius: ", "13/03/2024, 08:01 - Lina: "),
    ("2024-03-12 10:16:40 Greta: ", "2024-03-12 10:17:02 Marius: ", "2024-03-13 08:01:11 Lina: "),
    ("3/12/24, 10:16\u202fAM - Greta: ", "3/12/24, 10:17\u202fAM - Marius: ", "3/13/24, 8:01\u202fAM - Lina: "),
    ("[12-Mar-24 10:16 AM] Greta\n", "[12-Mar-24 10:17 AM] Marius\n", "[13-Mar-24 08:01 AM] Lina\n"),
    ("[2024-03-12 10:16] Greta\n", "[2024-03-12 10:17] Marius\n", "[2024-03-13 08:01] Lina\n"),
    ("[10:16] Greta: ", "[10:17] Marius: ", "[10:18] Lina: "),
    ("Greta [10:16 AM]\n", "Marius [10:17 AM]\n", "Lina [10:18 AM]\n"),
]
CHATS = [f"{a}who has the key?\n{b}Frau Otte\nand her son\n{c}thanks\n" for a, b, c in STAMPS]


@pytest.mark.parametrize("chat", CHATS)
def test_a_turn_of_a_chat_is_one_unit(chat):
    assert is_chat(chat)
    first, second, third = (text for text, _ in units(chat, Syntax.CHAT))
    assert "who has" in first
    assert second.endswith("Frau Otte\nand her son")
    assert "Lina" in third


@pytest.mark.parametrize(
    "text", ["At 10:15 we left.\nThen rain.\n" * 5, "# Log\n\n2024-03-12 was dry.\n", "", "a: b\nc: d\n" * 9]
)
def test_other_texts_are_no_chats(text):
    assert not is_chat(text)


# -- every text ------------------------------------------------------------------------------------------------

PIECES = [
    "word ", "Vane Head. ", "\n", "\n\n", "- item\n", "  - inner\n", "1. one\n", "# Head\n", "Under\n---\n",
    "| a | b |\n", "|---|---|\n",
    "```\n", "~~~\n", "> ", "[^1]", "[^1]: ", "    code\n", "\t", "é", "🙂", "東京です。", "---\n",
    "<b>", "[x]: y\n", "* a\n", "\u00a0", "\ufeff", "\r", ": def\n", "- [ ] do\n", "[!note]", "|", "\\", "&amp;",
    "\x0c",
    "<!--", "\u2028",
]  # fmt: skip


@pytest.mark.parametrize("syntax", [Syntax.MARKDOWN, Syntax.RST, Syntax.ORG, Syntax.TABLE, Syntax.CHAT, Syntax.PLAIN])
@pytest.mark.parametrize("seed", range(3))
def test_every_unit_of_any_text_stands_where_it_says(syntax, seed):
    chance = random.Random(seed)
    for _ in range(120):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randint(0, 60)))
        limit = chance.choice([20, 61, 200])
        pieces = passages(text, syntax, limit)
        assert all(a.end <= b.start for a, b in pairwise(pieces))
        for passage in pieces:
            assert text[passage.start : passage.end] == passage.text
            assert passage.sentences
            assert all(0 <= s.start < s.end <= len(passage.text) for s in passage.sentences)
            assert all(a.end <= b.start for a, b in pairwise(passage.sentences))
            assert all(text[lead.start : lead.end] == lead.text for lead in passage.leads)
            assert all(s.lead < len(passage.leads) for s in passage.sentences)


@pytest.mark.parametrize("seed", range(3))
def test_no_word_of_a_note_is_lost(seed):
    chance = random.Random(seed)
    for _ in range(200):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randint(0, 60))).replace("---\n", "")
        searched = "".join(p.text[s.start : s.end] for p in passages(text, limit=10_000) for s in p.sentences)
        assert searched.count("word") == text.count("word")
        assert searched.count("Head.") == text.count("Head.")


@pytest.mark.parametrize(
    "text",
    [
        "- " * 50_000, ">" * 50_000, "# a" + "# " * 100_000, "- a\n\n\n" * 10_000, "a\n=\n" * 10_000, "`" * 50_000,
        "[^1]: a\n" * 10_000, "[^1]" * 10_000 + "\n\n" + "".join(f"[^{n}]: a\n" for n in range(5000)),
        "|".join("a" * 300) + "\n" + "|".join("-" * 300) + "\n" + "a\n" * 300, "[a]: b\n" * 20_000,
        "".join("  " * n + "- a\n" for n in range(400)), "---\n" * 20_000, "[" * 50_000, "<!--" * 30_000,
        "*a_ " * 20_000, "a\n" * 50_000, ":a:\n" * 20_000, "* a\n:b:\n" * 8000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("syntax", [Syntax.MARKDOWN, Syntax.ORG])
def test_no_text_takes_long(text, syntax):
    start = process_time()
    assert sum(1 for _ in blocks_of(Document("s", "t", text, syntax))) >= 0
    assert process_time() - start < 5
