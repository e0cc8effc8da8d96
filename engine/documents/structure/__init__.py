"""Find the structure of a text: its blocks, and in them the units that can be quoted.

`blocks` declares blocks and units; each syntax has a module that finds them, and `parsers` chooses it. A unit is a
sentence, a row of a table, an item of a list, a sentence with the code after it, or a turn of a chat. Its lead is the
text that it belongs to: the header of the table, the sentence before the list, the item above. `cells` finds the cells
of a row, and names their places in the file.
"""
