"""Names: what is a mention, where it stands, and the keys that titles and mentions meet under."""

import pytest

from engine.text import names as entities
from engine.text.names import (
    Analysis,
    NameSpan,
    analyse,
    mention_terms,
    mentions_in,
    name_key,
    name_pairs,
    name_runs,
    root,
    title_keys,
)
from engine.text.sentences import sentence_spans
from engine.text.words import raw_words, stems


def mentions_of(analysis: Analysis) -> list[tuple[str, list[NameSpan]]]:
    return mentions_in(analysis.starts, analysis.runs)


def mentions(text: str, title: str = "") -> set[str]:
    return {key for key, _ in mentions_of(analyse(title, text)[0])}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Vane Head", "vane head"),
        ("The Hague", "hague"),
        ("the  HAGUE!", "hague"),
        ("An Élan", "elan"),
        ("A", "a"),
        ("The", "the"),
        ("The The", "the"),
        ("Saint Orrin's Church", "saint orrin s church"),
        ("LiHua", "li hua"),
        ("Łódź", "lodz"),
        ("東京", "東京 東 京"),
        ("(...)", ""),
        ("", ""),
    ],
)
def test_the_key_of_a_name(name, key):
    assert name_key(name) == key


def test_a_name_is_found_whatever_its_case_accents_or_article():
    assert len({name_key(name) for name in ("The Café-Noir", "the cafe noir", "CAFÉ  NOIR", "Cafe\u00a0Noir")}) == 1


@pytest.mark.parametrize(
    ("titles", "keys"),
    [
        (("Mercury (planet)",), ["mercury planet", "mercury"]),
        (("The Light (a film) (1920)",), ["light a film 1920", "light"]),
        (("Vane Head", "The Vane Head"), ["vane head"]),
        (("Vane Head", "Keepers"), ["vane head", "keepers"]),
        (("(2001)",), ["2001"]),
        (("", "()"), []),
        (("Unclosed (planet",), ["unclosed planet"]),
    ],
)
def test_the_keys_of_titles(titles, keys):
    assert title_keys(*titles) == keys


def test_a_root_is_what_the_doer_and_the_deed_share():
    assert root("director") == root("direct") == "direct"
    assert root("compos") == "compos"
    assert root("order") == "order"
    assert root("her") == "her"


def runs(text: str) -> list[str]:
    raw = raw_words(text)
    return [" ".join(raw[start:end]) for start, end in name_runs(raw)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("he met Ann Lee of Vane Head today", ["Ann Lee of Vane Head"]),
        ("Duke of the North Sea", ["Duke of the North Sea"]),
        ("Duke of the of North", ["Duke", "North"]),
        ("Orrin's Church and the boat", ["Orrin s Church"]),
        ("in 1848 by Tar Lane", ["1848", "Tar Lane"]),
        ("nothing here", []),
        ("東京 の Tower", ["Tower"]),
        ("", []),
    ],
)
def test_runs_of_name_words(text, expected):
    assert runs(text) == expected


def test_a_run_is_mentioned_whole_and_in_its_parts():
    assert mentions("He saw Ann Lee of Vane Head.") == {
        "ann lee of vane head", "ann lee of vane", "ann lee", "lee of vane head", "lee of vane", "vane head",
        "ann", "lee", "vane", "head",
    }  # fmt: skip


def test_what_is_no_mention():
    assert mentions("he sat in 1848 with Al.") == set()
    assert mentions("The lamp. She left. An end.") == set()
    assert mentions("The Hague is old.") == {"hague"}


def test_the_title_itself_is_not_mentioned_by_its_passage():
    assert mentions("It stands.", title="Vane Head") == set()


def test_no_part_of_a_very_long_run_is_longer_than_a_name():
    found = mentions(" ".join(f"Word{letter}" for letter in "ABCDEFGHIJ"))
    assert max(key.count(" ") + 1 for key in found) <= 8


def test_spans_point_at_the_words_and_tell_the_share_of_their_run():
    title, text = "The Light", "It rose. Ann Lee met Lee there."
    analysis, stemmed_words, _ = analyse(title, text)
    everything = raw_words(f"{title} {text}")
    spans = dict(mentions_of(analysis))
    assert [(everything[a:b], share) for a, b, share in spans["lee"]] == [(["Lee"], 0.5), (["Lee"], 1.0)]
    assert [(everything[a:b], share) for a, b, share in spans["ann lee"]] == [(["Ann", "Lee"], 1.0)]
    assert stemmed_words == stems(f"{title} {text}")


def test_longer_names_come_first_then_earlier_ones():
    keys = [key for key, _ in mentions_of(analyse("", "Zed met Ann Lee and Bob.")[0])]
    assert keys[0] == "ann lee and bob"
    counts = [key.count(" ") for key in keys]
    assert counts == sorted(counts, reverse=True)
    assert [key for key in keys if " " not in key] == ["zed", "ann", "lee", "bob"]


def test_sentence_ends_count_the_title_first_and_then_every_sentence():
    text = "It was built. Ann lit it, twice.\n\n- And left"
    analysis, body, _ = analyse("Vane Head", text)
    lengths = [2, *(len(raw_words(text[start:end])) for start, end in sentence_spans(text))]
    assert analysis.sentence_ends == [sum(lengths[: n + 1]) for n in range(len(lengths))]
    assert len(analysis.roots) == len(body) == sum(lengths)
    assert analysis.roots == [root(stem) for stem in body]


def test_a_passage_without_words_has_an_empty_analysis():
    analysis, body, exact = analyse("", "*** ... ***")
    assert (analysis.roots, mentions_of(analysis), body, exact) == ([], [], [], [])


@pytest.mark.parametrize(
    "text",
    [
        "The Vane of the Head and Ann Lee, Bob, A Cat. He met The Who in 1999 with LiHua's Dog",
        " ".join(f"Word{letter}" for letter in "ABCDEFGHIJ"),
        "Ann Lee met Ann Lee. Ann met Lee of the Hill.",
        "The House Of Mr. La Rue and De Niro's Son. University of La Paz in Van Gogh Street",
        "nobody here",
    ],
)
def test_a_passage_is_found_for_every_name_with_spans(text):
    analysis, _, _ = analyse("", text)
    terms = mention_terms(analysis.runs)
    keys = {key for key, _ in mentions_of(analysis)}
    assert len(terms) == len(set(terms))
    assert set(terms) == {pair for key in keys for pair in name_pairs(key)}


def test_a_run_has_terms_in_proportion_to_its_words():
    words = [f"Word{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    assert len(mention_terms([" ".join(words)])) == 2 * len(words) - 1
    assert len(mention_terms([" ".join(["Of"] * 100)])) <= 2


def test_a_name_is_found_by_its_pairs_however_its_connectors_are_written():
    assert list(name_pairs("lee")) == ["lee"]
    assert list(name_pairs("lord of the rings")) == ["lord of the rings"]
    assert list(name_pairs("new lord of the rings film")) == ["new lord", "lord of the rings", "rings film"]
    for text in ("a New Lord of the Rings Film", "a New Lord Of The Rings Film"):
        assert set(name_pairs("new lord of the rings film")) <= set(mention_terms(analyse("", text)[0].runs))
    assert list(name_pairs("la paz museum")) == ["la paz", "paz museum"]
    for text in ("at La Paz Museum", "in the Bay of La Paz"):
        assert "la paz" in mention_terms(analyse("", text)[0].runs)


def test_words_that_memory_has_no_room_for_are_analysed_alike(monkeypatch):
    texts = [("The LiHua Café", "Ann met Zoë on 5 May 2019. LiHua's café closed.")] * 2
    before = [analyse(*text) for text in texts]
    monkeypatch.setattr(entities, "_WORDS", {})
    monkeypatch.setattr(entities, "_CACHED", 3)
    assert [analyse(*text) for text in [*texts, *texts]] == [*before, *before]
    assert "LiHua" not in entities._WORDS
