"""Questions about the library as a whole, and questions that only look like one."""

import pytest

from engine.question.question_form import asks_about_library

BROAD = """
What is this library about?
what are my notes about
What's in this folder?
What is this about?
What do these documents cover?
What does this vault contain?
Which topics are covered?
What are the main topics of my notes?
Give me an overview
Please give me a short overview of all my documents.
overview
Summarize this library
worum geht es hier?
Worum geht's in diesen Dokumenten?
Wovon handeln meine Notizen?
Was steht in diesem Ordner?
Gib mir einen Überblick
Gib mir bitte einen Überblick über meine Notizen.
De quoi parlent ces documents ?
¿De qué tratan estos documentos?
О чём эта библиотека?
"""
NARROW = """
What is the Meridew about?
What is this boat about?
Give me an overview of the Net School
What do my notes say about boats?
Summarize the letter of 1834
What is in the Salt House?
worum geht es in der Ballade?
Worum geht es bei der Versicherung?
Who wrote this library?
What is the overview tab?
"""


@pytest.mark.parametrize("question", BROAD.strip().splitlines())
def test_about_the_whole_library(question):
    assert asks_about_library(question)


@pytest.mark.parametrize("question", NARROW.strip().splitlines())
def test_about_a_thing_in_it(question):
    assert not asks_about_library(question)


def test_a_long_question_is_read_at_once():
    assert not asks_about_library("what are " + "all my " * 5000 + "boats about")
