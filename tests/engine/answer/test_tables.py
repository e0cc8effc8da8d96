"""Questions to tables: which rows, which column, which operation, and when nothing is computed."""

from pathlib import Path

import pytest

from engine.answer.citations import extractive_answer
from engine.answer.quotation import Quotation
from engine.answer.tables.computation import TableAnswers
from engine.answer.tables.table import assembled_table, tables_in
from engine.documents.document import Document, Syntax
from engine.documents.passages import split_document
from engine.index.retriever import index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.panel import Panel
from engine.personas.persona import Persona
from engine.text.names import roots

ANALYST = Persona("analyst", {"words": 9, "names": 1, "structure": 1, "closeness": 1, "amounts": 9})
READER = Persona("reader", {"words": 9, "names": 1, "structure": 1, "closeness": 9, "amounts": 1})
INVOICES = """Invoice;Customer;Country;Issued;Net;Total;Status
I-1;Aldermere Ltd;United Kingdom;2024-01-09;1.200,00;1.440,00;settled
I-2;Bakkerij Oost;Netherlands;2024-01-15;350,50;424,11;settled
I-3;Casa Verde;Spain;2024-02-01;2.900,00;3.509,00;overdue
I-4;Aldermere Ltd;United Kingdom;2024-02-20;780,00;936,00;open
I-5;Casa Verde;Spain;2024-03-18;1.450,00;1.754,50;overdue
"""
GARDEN = """# Garden

| Vegetable | Bed | Harvested (kg) |
|---|---|---|
| Potatoes | north | 38.5 |
| Carrots | south | 11 |
| Beans | south | 14.2 |
| Total | | 63.7 |
"""
STAFF = """| Name | Team | Room | Born | Salary |
|---|---|---|---|---|
| Ruth Aalto | Design | 12 | 1990-04-02 | €3,100 |
| Ken Moss | Sales | 14 | 1984-11-30 | €2,900 |
| Ida Berg | Design | 12 | 2001-07-19 | $2,700 |
"""
VINS = """Vin;Région;Bouteilles;Prix
Clos du Merle;Loire;12;14,50 €
Château Bréval;Bordeaux;6;38,00 €
Domaine Rouvier;Rhône;24;9,90 €
"""
EQUIPO = (
    "Jugador,Posición,Edad,Goles\nMarta Solano,delantera,27,19\nPaula Campos,delantera,22,11\nNoa Ferrer,portera,29,0\n"
)


HIVES = "hive,apiary,queen_year,stock\nH1,Orchard,2021,10\nH2,Orchard,2022,8\nH3,Quarry,2020,12\n"


def quotations(folder: Path, name: str, text: str, question: str, persona: Persona = ANALYST) -> list[Quotation]:
    syntax = Syntax.MARKDOWN if name.endswith(".md") else Syntax.TABLE
    document = Document(f"/n/{name}", Path(name).stem, text, syntax)
    retriever = index_passages(SearchIndex(folder), [(passage, "") for passage in split_document(document, 300)])
    panel = Panel(question, retriever)
    panel.send(persona)
    return TableAnswers(panel).best(panel.fused())


@pytest.mark.parametrize(
    ("name", "text", "question", "statement"),
    [
        ("invoices.csv", INVOICES, "What is the total of all overdue invoices?",
         "Sum of Total: 5.263,50 (I-3, I-5), from rows 4, 6, column Total"),
        ("invoices.csv", INVOICES, "What is the sum of the net amounts?",
         "Sum of Net: 6.680,50, from rows 2-6, column Net"),
        ("invoices.csv", INVOICES, "What is the average net amount?",
         "Mean of Net: 1.336,10, from rows 2-6, column Net"),
        ("invoices.csv", INVOICES, "How many invoices has Casa Verde?",
         "Count of rows: 2 (I-3, I-5), from rows 4, 6, column Customer"),
        ("invoices.csv", INVOICES, "How many invoices are more than 1000 net?",
         "Count of rows: 3 (I-1, I-3, I-5), from rows 2, 4, 6, column Net"),
        ("invoices.csv", INVOICES, "How many invoices are not overdue?",
         "Count of rows: 3 (I-1, I-2, I-4), from rows 2-3, 5, column Status"),
        ("invoices.csv", INVOICES, "What is the total number of customers?",
         "Count of different Customer: 3, from rows 2-6, column Customer"),
        ("invoices.csv", INVOICES, "Which invoice was issued first?",
         "Earliest Issued: 2024-01-09 (I-1), of rows 2-6, column Issued"),
        ("garden.md", GARDEN, "What was harvested in total?",
         "Sum of Harvested (kg): 63.7 (Potatoes, Carrots, Beans), from rows 2-4, column Harvested (kg)"),
        ("staff.md", STAFF, "Who is the oldest of the staff?",
         "Earliest Born: 1984-11-30 (Ken Moss), of rows 2-4, column Born"),
        ("hives.csv", HIVES, "Which hive has the oldest queen?",
         "Earliest queen_year: 2020 (H3), of rows 2-4, column queen_year"),
        ("vins.csv", VINS, "Quel vin est le plus cher ?",
         "Highest Prix: 38,00 € (Château Bréval), of rows 2-4, column Prix"),
        ("vins.csv", VINS, "Combien de bouteilles avons-nous en tout ?",
         "Sum of Bouteilles: 42, from rows 2-4, column Bouteilles"),
        ("equipo.csv", EQUIPO, "¿Quién es la jugadora más joven?",
         "Lowest Edad: 22 (Paula Campos), of rows 2-4, column Edad"),
        ("equipo.csv", EQUIPO, "¿Cuántas delanteras hay?",
         "Count of rows: 2 (Marta Solano, Paula Campos), from rows 2-3, column Posición"),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_computed_and_names_its_cells(tmp_path, name, text, question, statement):
    first, *others = quotations(tmp_path, name, text, question)
    assert first.computed == statement
    assert not any(other.computed for other in others)
    assert all(mark[0] >= quotation.start and mark[1] <= quotation.end
               for quotation in (first, *others) for mark in quotation.marks)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "question"),
    [
        ("invoices.csv", INVOICES, "How many invoices has Casa Blanca?"),
        ("invoices.csv", INVOICES, "How many invoices are from 2019?"),
        ("invoices.csv", INVOICES, "What is the sum of the statuses?"),
        ("invoices.csv", INVOICES, "How many overdue invoices were disputed?"),
        ("invoices.csv", INVOICES, "Why is the total of Casa Verde overdue?"),
        ("garden.md", GARDEN, "How many beds have no fence?"),
        ("staff.md", STAFF, "What is the sum of the salaries?"),
        ("staff.md", STAFF, "Who has the highest salary?"),
        ("staff.md", STAFF, "What is the average name?"),
        ("hives.csv", HIVES, "Which hive has the deepest stock?"),
    ],
)
def test_nothing_is_computed_from_other_cells_or_about_other_things(tmp_path, name, text, question):
    assert not any(quotation.computed for quotation in quotations(tmp_path, name, text, question))


def cited(quotation: Quotation) -> tuple[str, str]:
    (citation,) = extractive_answer([quotation]).citations
    return citation.place, " ".join(citation.quote[a:b] for a, b in citation.marks)


def test_a_cell_is_looked_up_by_row_and_column(tmp_path):
    (row,) = quotations(tmp_path, "staff.md", STAFF, "In which room is Ruth Aalto?")
    assert cited(row) == ("row 2, column Room", "12")
    assert row.computed == ""


def test_how_many_of_a_thing_with_a_row_of_its_own_is_its_quantity(tmp_path):
    (row,) = quotations(tmp_path, "hives.csv", HIVES, "How many H2 are there?")
    assert cited(row) == ("row 3, column stock", "8")
    assert row.computed == ""


def test_all_rows_that_fit_are_quoted(tmp_path):
    rows = quotations(tmp_path, "staff.md", STAFF, "Who is in room 12?")
    assert [cited(row) for row in rows] == [("row 2, column Name", "Ruth Aalto"), ("row 4, column Name", "Ida Berg")]


def test_a_word_of_the_header_names_its_column_if_one_row_fits(tmp_path):
    (row,) = quotations(tmp_path, "invoices.csv", INVOICES, "What is the total of I-4?")
    assert cited(row) == ("row 5, column Total", "936,00")


def test_a_table_of_many_passages_is_read_whole_and_the_first_cells_are_quoted(tmp_path):
    lines = [f"P-{n},{'nail' if n % 2 else 'bolt'},{n}" for n in range(1, 201)]
    first, *others = quotations(
        tmp_path, "parts.csv", "\n".join(["Part,Kind,Stock", *lines]), "What is the total stock of bolts?"
    )
    assert first.computed.startswith("Sum of Stock: 10100, from rows 3, 5, 7,")
    assert first.computed.endswith("; 9 of the 100 cells are quoted")
    assert [cited(row)[1] for row in (first, *others)] == [str(2 * n) for n in range(1, 10)]


def test_the_words_of_cells_are_those_of_the_index(tmp_path):
    text = "Name,Day,Code\nLiHua's boats,3 May 2023,S-057\nRuth,2023-05-04,v1.2.3\n"
    passages = list(split_document(Document("/n/x.csv", "x", text, Syntax.TABLE), 300))
    panel = Panel("Ruth", index_passages(SearchIndex(tmp_path), [(passage, "") for passage in passages]))
    (((_, start), number),) = tables_in(panel, {0: 1.0}).items()
    table = assembled_table(panel, number, start)
    assert table
    for row, own in zip(table.rows, table.cell_roots, strict=True):
        assert own == [frozenset(roots(cell.text)) for cell in row.cells]


def test_tables_are_read_only_if_a_persona_goes_by_amounts(tmp_path):
    assert quotations(tmp_path, "staff.md", STAFF, "Who is in room 12?", READER) == []


def test_an_irregular_table_is_not_read(tmp_path):
    assert quotations(tmp_path, "x.csv", "Name,Room\nRuth,12,x,y\nKen,14", "In which room is Ken?") == []
