"""Find the structure of a text: its blocks, and in them the units that can be quoted.

`blocks` says what a block and a unit are; each syntax has a module that finds them, and `parsers` chooses it. A unit is
a sentence, a row of a table (it belongs to the header), an item of a list (to the sentence that leads to the list, or
to the item above it), a sentence with the code after it, or a turn of a chat.
"""
