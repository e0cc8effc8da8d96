"""The panel: one ranking of all evidence, who deserves credit for it, and the same one everywhere."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from engine.documents.passages import Passage
from engine.events import GroundedClaim, Mark
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.meaning.similarity import SimilarPassages
from engine.mixture.evidence import heard_kinds
from engine.mixture.fusion import fuse, supported
from engine.mixture.panel import Panel
from engine.personas.persona import Persona
from engine.personas.traits import Kind, WalkParameters, walk_parameters
from engine.walk.traversal import Walk

TEXTS = {
    "Tide Song": "Tide Song is a hymn. It was composed by Mara Ellin, and first sung in a chapel.",
    "Mara Ellin": "Mara Ellin taught music. She was born in Tarnby and died at sea.",
    "Tarnby": "Tarnby is a town on the river Oule. Its bridge is old.",
    "Chapel Choir": "A choir of composers. Each was born somewhere, and each composer wrote a song.",
    **{f"Day {n}": f"On day {n} the wind blew, and a song was heard." for n in range(30)},
}
QUESTION = "Where was the composer of Tide Song born?"
BY_NAMES = {"names": 9, "words": 1, "structure": 1, "closeness": 1, "amounts": 1}
WALKER = Persona("walker", BY_NAMES)
NEAR, FAR = Persona("near", BY_NAMES | {"persistence": 1}), Persona("far", BY_NAMES | {"persistence": 9})
CONTROL = Persona("control", {}, metadata={"control": True})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    passages = [Passage(title, f"/{title[:3]}", title, "", 0, len(text), text) for title, text in TEXTS.items()]
    return index_passages(SearchIndex(tmp_path_factory.mktemp("index")), [(p, p.source) for p in passages])


@pytest.fixture
def panel(found: Retriever) -> Panel:
    return Panel(QUESTION, found)


def alone(panel: Panel, walk: Walk) -> dict[int, float]:
    """What a walk makes of the ranking when nobody else is heard."""
    return supported(fuse({"": walk.ranking()}, {}), panel.neighbourhood.strengths)


def test_one_walker_alone_is_the_evidence_by_names(panel):
    walk = panel.send(WALKER)
    assert panel.walked(panel.voices) == alone(panel, walk)
    assert set(panel.fused()) == set(panel.walked(panel.voices)) == set(walk.ranking()[:20])
    assert panel.walked({}) == panel.fused({}) == {}


def test_passages_like_those_that_are_liked_gain_and_disliked_ones_lose(found):
    panels = [
        Panel(QUESTION, found, marks=marks)
        for marks in ([], [Mark("Day 3", 0, 9, True)], [Mark("Chapel Choir", 0, 9, False)])
    ]
    for panel in panels:
        panel.send(CONTROL)
    plain, liked, disliked = ([panel.passage(number).id for number in panel.fused()] for panel in panels)
    assert plain[:2] == ["Tide Song", "Chapel Choir"]
    assert liked[0] == "Day 3"
    assert {name[:3] for name in liked[:5]} == {"Day"}, "those that resemble it"
    assert disliked.index("Chapel Choir") > 1
    assert [name for name in disliked if name != "Chapel Choir"] == [name for name in plain if name != "Chapel Choir"]


def test_linked_evidence_supports_each_other(panel):
    for persona in (WALKER, NEAR):
        panel.send(persona)
    votes = fuse(panel.rankings, {})
    linked = [number for number in votes if any(number in panel.neighbourhood.strengths(n) for n in list(votes)[:6])]
    assert linked
    gains = {number: panel.walked(panel.voices)[number] - vote / 1.5 for number, vote in votes.items()}
    assert all(gains[number] > 0 for number in linked)


def test_nobody_sent_has_found_nothing(panel):
    assert panel.fused() == {}
    assert panel.coverage([]) == 0


def test_the_control_is_heard_as_the_search_for_words(panel):
    searched = panel.send(CONTROL)
    first = [number for number, _ in panel.neighbourhood.first]
    assert searched.ranking()[: len(first)] == first
    assert list(panel.fused())[:20] == searched.ranking()[:20]
    assert panel.walked(panel.voices) == {}
    walk = panel.send(WALKER)
    assert panel.walked(panel.voices) == alone(panel, walk)
    assert set(panel.fused()) == {*searched.scores, *walk.ranking()[:20]}


def test_a_persona_finds_by_its_kinds_of_evidence(panel):
    reader = Persona("reader", {**dict.fromkeys(BY_NAMES, 1), "closeness": 9})
    close = panel.send(reader)
    assert panel.passage(close.ranking()[0]).id == "Tide Song"
    assert close.paths == []
    assert panel.strongest_kind("reader", close.ranking()[0]) is Kind.CLOSENESS
    nothing = panel.send(Persona("nothing", dict.fromkeys(BY_NAMES, 1)))
    assert nothing.scores == {}
    both = panel.send(Persona("both", BY_NAMES | {"closeness": 9}))
    assert both.paths
    assert set(both.scores) >= set(close.scores)


def test_what_is_near_in_meaning_joins_the_ranking_only_with_vectors(found):
    plain = Panel("Which melody was written by her?", found)
    numbers = np.array(found.index.under("*", 99))
    titles = [found.open(number).passage.title for number in numbers.tolist()]
    cosines = dict(zip(titles, np.linspace(0.0, 0.2, len(titles)).tolist(), strict=True)) | {"Tarnby": 0.9}
    values = np.array([cosines[title] for title in titles])
    similar = SimilarPassages(numbers, values, lambda passage: cosines[passage.title])
    by_meaning = Persona("interpreter", dict.fromkeys(BY_NAMES, 1) | {"meaning": 9})
    panel = Panel("Which melody was written by her?", found, similar=similar)
    for each in (plain, panel):
        each.send(CONTROL)
        each.send(by_meaning)
    assert plain.rankings["interpreter"] == []
    assert list(plain.fused()) == [number for number in plain.fused() if number in plain.walks["control"].scores]
    nearest = panel.rankings["interpreter"][0]
    assert panel.passage(nearest).title == "Tarnby"
    assert nearest in panel.fused()
    assert nearest not in plain.fused()
    assert panel.strongest_kind("interpreter", nearest) is Kind.MEANING
    without = {name: voice for name, voice in panel.voices.items() if name == "control"}
    assert list(panel.fused(without)) == list(plain.fused())


def test_a_kind_is_heard_as_far_as_personas_go_by_it():
    half = dict.fromkeys(Kind, 0.5)
    assert heard_kinds([(1.0, half)]) == dict.fromkeys(Kind, 1.0)
    assert heard_kinds([(0.5, half)]) == dict.fromkeys(Kind, 0.5)
    assert heard_kinds([(0.5, half), (1.0, {Kind.WORDS: 1.0})]) == {**dict.fromkeys(Kind, 0.5), Kind.WORDS: 1.0}
    assert heard_kinds([]) == dict.fromkeys(Kind, 0.0)


def test_a_voice_is_what_evidence_counts(panel):
    near, far = panel.send(NEAR, 0.6), panel.send(FAR, 0.2)
    assert panel.voices == {"near": 0.6, "far": 0.2}
    assert panel.walked(panel.voices) == panel.walked({"near": 0.6, "far": 0.2})
    assert panel.walked(panel.voices) == pytest.approx(
        panel.walked({"near": 0.3, "far": 0.1})
    )  # beside each other, no more
    assert panel.walked({"near": 0.6, "far": 0.0}) == pytest.approx(alone(panel, near))
    assert panel.walked({"near": 1.0}) == alone(panel, near)
    assert panel.walked({"near": 0.0, "far": 0.2}) == pytest.approx(alone(panel, far))
    only_far = next(number for number in far.ranking()[:20] if number not in near.scores)
    shares = [panel.walked({"near": 1.0, "far": voice})[only_far] for voice in (0.1, 0.4, 1.0)]
    assert shares == sorted(set(shares))


def test_other_parameters_may_take_the_place_of_those_of_the_traits(found):
    def stays(persona: Persona) -> WalkParameters:
        return replace(walk_parameters(persona), hops=0)

    assert Panel(QUESTION, found, stays).send(FAR).scores.keys() < Panel(QUESTION, found).send(FAR).scores.keys()
    staying = Persona("staying", BY_NAMES | {"persistence": 1})
    assert Panel(QUESTION, found, stays).send(WALKER).scores == Panel(QUESTION, found).send(staying).scores


def test_scores_fall_from_the_first_on_and_stay_inside(panel):
    for persona in (WALKER, NEAR, FAR, CONTROL):
        panel.send(persona)
    scores = list(panel.fused().values())
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] <= scores[0] <= 1


def test_credit_is_for_what_is_cited(panel):
    for persona in (WALKER, CONTROL):
        panel.send(persona)
    plain, first = panel.rankings["control"][:5], panel.rankings["walker"][:5]
    beyond = next(number for number in first if number not in plain)
    assert panel.credit("walker", [beyond]) == 1.0
    assert panel.credit("control", [beyond]) == 0.0
    assert panel.credit("walker", []) == 0.0
    assert panel.credit("control", plain) == 1.0


def test_what_the_panel_loses_without_a_persona_is_its_credit(panel):
    panel.send(WALKER)
    panel.send(Persona("reader", {**dict.fromkeys(BY_NAMES, 1), "closeness": 9}))
    lost = [n for n in list(panel.fused())[:5] if n not in list(panel.fused({"reader": 1.0}))[:5]]
    assert lost
    assert panel.credit("walker", lost) == 1.0


def test_an_output_holds_the_best_evidence_and_what_its_first_five_hold(panel):
    walk = panel.send(WALKER)
    output = panel.output("walker")
    assert [evidence.number for evidence in output.evidence] == walk.ranking()[:20]
    assert [evidence.score for evidence in output.evidence] == [walk.scores[n] for n in walk.ranking()[:20]]
    assert output.first() == tuple(walk.ranking()[:5])
    assert output.roots == panel.roots_of(walk.ranking()[:5])
    assert output.names == {"tide song"}
    assert (output.persona_id, output.text) == ("walker", "")


def test_coverage_grows_with_the_evidence(panel):
    panel.send(WALKER)
    numbers = list(panel.fused())
    shares = [panel.coverage(numbers[:count]) for count in range(6)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert 0.8 < shares[5] <= 1


def test_a_persona_sent_again_counts_once(panel):
    panel.send(WALKER)
    before = panel.fused()
    panel.send(WALKER)
    assert panel.fused() == before


def test_a_scope_holds_for_the_whole_walk(found):
    scoped = Retriever(found.index, ("/Mar", "/Tar"), found.mean_length)
    panel = Panel(QUESTION, scoped)
    for persona in (WALKER, FAR):
        walk = panel.send(persona)
        assert walk.scores
        assert {panel.passage(n).source for n in walk.scores} <= {"/Mar", "/Tar"}


def test_a_scope_without_a_word_of_the_question_finds_nothing(found):
    panel = Panel("What hymn is it?", Retriever(found.index, ("/Tar",), found.mean_length))
    assert panel.question.terms == ("hymn",)
    assert panel.send(CONTROL).scores == {}


SCRIPT = """
import json, sys
from pathlib import Path
from engine.index.library import Library
from engine.mixture.panel import Panel
from engine.personas.persona import persona_from_json
from engine.settings.settings import load_settings
from engine.shipped import shipped

library = Library(Path(sys.argv[1]), load_settings(shipped("configs")).system)
library.ingest([shipped("db/sample")])
told = []
for entry in json.loads(shipped("db/sample_questions.json").read_text())[:6]:
    panel = Panel(entry["question"], library.retriever())
    for path in sorted(shipped("personas").glob("*/*.json")):
        panel.send(persona_from_json(json.loads(path.read_text()), where=str(path)))
    passages = {n: panel.passage(n).id for n in panel.fused()}
    told.append({passages[n]: score for n, score in panel.fused().items()})
    cited = list(passages)[:3]
    told.append({name: [panel.credit(name, cited), sorted(panel.output(name).roots)] for name in panel.walks})
print(json.dumps(told))
"""


def test_two_processes_with_indexes_of_their_own_agree_to_the_last_digit(tmp_path):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    first, second = (process.communicate(timeout=60)[0] for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert first == second
    assert len(json.loads(first)) == 12
    assert all(json.loads(first))


def test_the_names_of_an_output_with_claims_are_those_that_the_claims_name(panel):
    panel.send(WALKER)
    found = panel.output("walker")
    assert panel.with_claims(found, ()) is found
    assert "tide song" in found.names
    silent = GroundedClaim("It was composed.", "p", "/x", 0, 9, "It was composed by her.")
    assert panel.with_claims(found, (silent,)).names == frozenset()
    naming = GroundedClaim("She wrote it.", "p", "/x", 0, 9, "The TIDE-song is hers.")
    stated = panel.with_claims(found, (silent, naming))
    assert (stated.names, stated.text) == ({"tide song"}, "It was composed. She wrote it.")
    assert (stated.evidence, stated.roots) == (found.evidence, found.roots)
