"""Traits: each named one sets one parameter of the walk, and 5 is the default; the table in TRAITS.md has them all.

`python -m tests.engine.personas.test_traits` writes TRAITS.md again.
"""

from dataclasses import asdict, fields

import pytest

from engine.personas.persona import Persona
from engine.personas.traits import PLAIN, TRAITS, Scale, WalkParameters, walk_parameters
from tests.support import ROOT

PAGE = ROOT / "engine" / "personas" / "TRAITS.md"
INTRODUCTION = """# The traits of a persona

Made from `engine/personas/traits.py` by `python -m tests.engine.personas.test_traits`.

A trait is a whole number from 1 to 9. Each trait of this table sets one parameter of the walk: 5 gives the default that
every persona has, 1 and 9 give the ends, and values between lie on straight lines. A persona may have other traits too;
they change only how it writes with a language model.
"""


def page() -> str:
    """The text of TRAITS.md."""
    rows = [
        f"| {trait} | {scale.meaning} | `{scale.parameter}` | {scale.low:g} | {scale.middle:g} | {scale.high:g} |"
        for trait, scale in TRAITS.items()
    ]
    header = ["| trait | sets | parameter | at 1 | at 5 | at 9 |", "|---|---|---|---|---|---|"]
    return "\n".join([INTRODUCTION, *header, *rows]) + "\n"


def test_the_page_has_the_traits_of_the_code():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.engine.personas.test_traits`"


def changed(**traits: int) -> dict[str, float]:
    """The parameters that these traits set away from the middle."""
    middle = asdict(WalkParameters())
    return {name: v for name, v in asdict(walk_parameters(Persona("p", traits))).items() if v != middle[name]}


def test_without_traits_and_with_middling_ones_the_walk_is_the_common_one():
    assert changed() == {}
    assert walk_parameters(Persona("p", dict.fromkeys(TRAITS, 5))) == WalkParameters()


def test_every_scale_sets_a_parameter_of_its_own_whose_middle_is_the_default():
    defaults = asdict(WalkParameters())
    assert {scale.parameter for scale in TRAITS.values()} <= set(defaults)
    assert len({scale.parameter for scale in TRAITS.values()}) == len(TRAITS)
    assert all(scale.middle == defaults[scale.parameter] for scale in TRAITS.values())


@pytest.mark.parametrize(("trait", "scale"), TRAITS.items())
def test_a_trait_sets_its_parameter_and_no_other(trait: str, scale: Scale):
    low, high = changed(**{trait: 1}), changed(**{trait: 9})
    assert low == ({scale.parameter: pytest.approx(scale.low)} if scale.low != scale.middle else {})
    assert high == ({scale.parameter: pytest.approx(scale.high)} if scale.high != scale.middle else {})


@pytest.mark.parametrize(("trait", "scale"), TRAITS.items())
def test_more_of_a_trait_never_means_less_of_its_parameter(trait: str, scale: Scale):
    values = [getattr(walk_parameters(Persona("p", {trait: n})), scale.parameter) for n in range(1, 10)]
    assert values == sorted(values)
    assert (values[0], values[4], values[8]) == pytest.approx((scale.low, scale.middle, scale.high))


def test_values_between_lie_on_straight_lines():
    scale = TRAITS["association"]
    assert changed(association=3) == {"link_weight": pytest.approx((scale.low + scale.middle) / 2)}
    assert changed(association=8) == {"link_weight": pytest.approx(scale.middle + (scale.high - scale.middle) * 3 / 4)}


def test_whole_numbers_stay_whole():
    whole = [field.name for field in fields(WalkParameters) if isinstance(field.default, int)]
    assert whole == ["hops", "beam", "seeds"]
    for value in range(1, 10):
        parameters = walk_parameters(Persona("p", dict.fromkeys(TRAITS, value)))
        assert all(isinstance(getattr(parameters, name), int) for name in whole)


def test_a_persona_always_starts_somewhere():
    assert walk_parameters(Persona("p", dict.fromkeys(TRAITS, 1))).seeds >= 1
    assert walk_parameters(Persona("p", dict.fromkeys(TRAITS, 1))).beam >= 1


def test_other_traits_only_colour():
    assert changed(humour=9, analysis=1) == {}


def test_the_control_only_searches_whatever_its_traits():
    assert walk_parameters(Persona("c", {"persistence": 9}, metadata={"control": True})) == PLAIN
    assert (PLAIN.hops, PLAIN.seeds) == (0, 0)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
