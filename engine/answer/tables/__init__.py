"""Answers from tables: the rows that a question asks for, with their cells, and what is computed from these.

In: a `Panel` with its ranking. Out: quotations of rows under their header, the cells marked, and with the first what
was computed: a sum, mean, count, highest or lowest.

- `table`: assembles a table from the passages that its rows are in, and names the place of a cell.
- `columns`: a column as numbers or dates, and the dimension that it measures.
- `conditions`: accounts for the words of a question: in the header, in cells, around the table; the rows that fit.
- `reading`: chooses the operation and the column. `computation`: computes, and quotes the cells.

Must hold: a number is computed only if every word of the question is accounted for, and only from cells that are
numbers in one unit; the arithmetic is exact, and the cells are marked and named.
"""
