"""A library made larger: what stays, what is renamed, and that chance is the same each time."""

import re
from collections import Counter
from itertools import islice

from engine.bench.enlarged_library import enlarged
from engine.documents.passages import Passage

PLACES = [f"Place{letter}{other}" for letter in "abcdefghij" for other in "klmnopqrst"]
PASSAGES = [
    Passage(f"p{n}", f"p{n}", name, "", 0, 0, f"{name} lies in England. It is near {PLACES[n - 1]}. Ships pass it.")
    for n, name in enumerate(PLACES)
]


def made(count: int, seed: int = 0) -> list[Passage]:
    return list(enlarged(PASSAGES, count, seed=seed))


def test_the_given_passages_come_first_as_they_are():
    assert made(250)[:100] == PASSAGES
    assert made(40) == PASSAGES[:40]


def test_there_are_as_many_as_asked_for_each_with_its_own_id_and_span():
    found = made(250)
    assert len({passage.id for passage in found}) == 250
    assert all(p.end - p.start == len(p.text) for p in found[100:])
    assert found[100].id == "p0-1"
    assert found[249].id == "p49-2"


def test_the_same_seed_gives_the_same_passages_and_a_smaller_library_is_the_beginning():
    assert made(250) == made(250)
    assert made(250)[:170] == made(170)
    assert made(250, seed=1) != made(250)


def test_rare_names_are_renamed_alike_in_title_and_text_of_a_copy_and_common_ones_stay():
    copy = made(200)[100:]
    assert not {passage.title for passage in copy} & set(PLACES)
    assert all(passage.text.startswith(passage.title + " lies in England.") for passage in copy)
    named = {word for p in copy for word in re.findall(r"near (\w+)", p.text)}
    assert named <= {passage.title for passage in copy}


def test_sentences_come_from_other_passages_too_but_no_new_ones():
    shapes = Counter(re.sub(r"Plac\w+", "X", s) for p in made(300) for s in re.findall(r"[^.]+[.]", p.text))
    assert {shape.strip() for shape in shapes} == {"X lies in England.", "It is near X.", "Ships pass it."}


def test_passages_are_made_as_they_are_asked_for():
    assert len(list(islice(enlarged(PASSAGES, 10**9), 120))) == 120
