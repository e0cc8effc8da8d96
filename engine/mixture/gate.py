"""The gate: choose the personas that are activated for a question, with a receipt for every choice."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol

from engine.events import GateReceipt
from engine.mixture.bandit import Bandit
from engine.mixture.question_features import FEATURES
from engine.personas.experience import Experience
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.traits import Kind, needs_vectors, walk_parameters
from engine.question.question import Question
from engine.text.words import content_stems

_EXPERTISE = 0.2  # what a full match of its expertise adds to the expected reward
_PATIENCE = 10  # questions without a persona after which a seat is due to it, for each persona that may get one
_TRIAL_PATIENCE = 5  # the same for an experimental one, for each of these
_NEW_KINDS = 0.1  # bonus for a persona all of whose evidence is of kinds that no persona has brought
_SHARPNESS = 0.2  # distance from the best expected reward at which a voice falls to 1/e


class Gate(Protocol):
    """Decides which personas walk, with a receipt for every persona of the roster in the roster's order."""

    def choose(
        self,
        question: Question,
        features: tuple[float, ...],
        entries: Sequence[RosterEntry],
        *,
        cycle: int,
        called: Collection[str] = (),
    ) -> list[GateReceipt]:
        """Return the receipts of one cycle; `called` are the personas that were activated in an earlier cycle."""
        ...


class BanditGate:
    """Activates personas by expected reward plus bonus plus expertise match minus cost, against a threshold.

    At most `batch_size` personas a cycle, at most one of them experimental: the one that has waited longest. A persona
    that has waited too long takes the first seat once; the control is activated in addition. From the second cycle
    on there is also a bonus for kinds of evidence that those called so far do not go by. A persona's voice in the
    ranking falls with the distance of its expected reward from that of the best other persona so far; the control's
    never does. One that goes by meaning alone is activated only if the library `has_vectors`.
    """

    def __init__(
        self,
        activation_threshold: float,
        batch_size: int,
        experiences: Sequence[Experience] = (),
        *,
        has_vectors: bool = False,
    ) -> None:
        self._threshold = activation_threshold
        self._batch_size = batch_size
        self._has_vectors = has_vectors
        self._bandit = Bandit(experiences, len(FEATURES))

    def choose(
        self,
        question: Question,
        features: tuple[float, ...],
        entries: Sequence[RosterEntry],
        *,
        cycle: int,
        called: Collection[str] = (),
    ) -> list[GateReceipt]:
        """See `Gate.choose`. Of equal scores the lower id wins."""
        by_name = {entry.persona.persona_id: entry for entry in entries}
        heard = _strongest(entry.persona for name, entry in by_name.items() if name in called)
        rated = {name: self._rate(question, features, entry, cycle, heard) for name, entry in by_name.items()}
        refusals = {name: self._refusal(by_name[name], rated[name].score, name in called) for name in rated}
        walkers = {name for name, entry in by_name.items() if not entry.persona.is_control}
        trials = {name for name, entry in by_name.items() if entry.state is PersonaState.EXPERIMENTAL}
        ranked = sorted(rated, key=lambda name: (-rated[name].score, name))
        refusals |= self._seats([name for name in ranked if name in walkers and not refusals[name]], trials, called)
        activated = [rated[name].expected for name in walkers if not refusals[name] or name in called]
        best = max(activated, default=0.0)
        return [
            _decided(receipt, refusals[name], best if name in walkers else receipt.expected)
            for name, receipt in rated.items()
        ]

    def _seats(self, ranked: Sequence[str], trials: AbstractSet[str], called: Collection[str]) -> dict[str, str]:
        """Return the refusals of the personas that might be activated, best first; empty for those with a seat."""
        on_trial = [name for name in ranked if name in trials]
        trial = max(on_trial if trials.isdisjoint(called) else (), key=self._bandit.idle, default=None)
        candidates = [name for name in ranked if name not in trials or name == trial]
        patience = {
            name: _TRIAL_PATIENCE * len(on_trial) if name in trials else _PATIENCE * len(ranked) for name in ranked
        }
        overdue = [name for name in candidates if self._bandit.idle(name) >= patience[name]]
        first = max(overdue, key=self._bandit.idle, default=None)
        seated = sorted(candidates, key=lambda name: name != first)[: self._batch_size]
        refused = dict.fromkeys(ranked, "one experimental seat a question") | dict.fromkeys(candidates, "no seat left")
        return refused | dict.fromkeys(seated, "")

    def _refusal(self, entry: RosterEntry, score: float, called: bool) -> str:  # noqa: FBT001 - private, one caller
        """Return why a persona cannot be activated, whatever seats are free; empty if it can."""
        if entry.state is PersonaState.PRUNED:
            return "pruned"
        if called:
            return "has walked already"
        if entry.persona.is_control:
            return ""
        if not self._has_vectors and needs_vectors(entry.persona):
            return "no embedding model"
        return "" if score >= self._threshold else "below the activation threshold"

    def _rate(
        self,
        question: Question,
        features: tuple[float, ...],
        entry: RosterEntry,
        cycle: int,
        heard: Mapping[Kind, float],
    ) -> GateReceipt:
        persona = entry.persona
        expected, bonus = self._bandit.expect(persona.persona_id, features)
        if heard:
            bonus += _NEW_KINDS * _new_share(walk_parameters(persona).kinds(), heard)
        expertise = _EXPERTISE * expertise_match(persona, question)
        score = expected + bonus + expertise - persona.activation_cost
        return GateReceipt(
            persona.persona_id, entry.state, cycle, round(expertise, 4), round(expected, 4), round(bonus, 4),
            persona.activation_cost, round(score, 4), self._threshold, voice=0.0, activated=False, reason="",
        )  # fmt: skip


def _strongest(personas: Iterable[Persona]) -> dict[Kind, float]:
    """Return the highest weight of each kind of evidence among personas; empty without any."""
    weights = [walk_parameters(persona).kinds() for persona in personas]
    return {kind: max(own[kind] for own in weights) for kind in Kind} if weights else {}


def _new_share(own: Mapping[Kind, float], heard: Mapping[Kind, float]) -> float:
    """Return the share of a persona's weights that goes beyond those that were heard, in [0, 1]."""
    return sum(max(0.0, weight - heard[kind]) for kind, weight in own.items()) / (sum(own.values()) or 1.0)


def expertise_match(persona: Persona, question: Question) -> float:
    """Return the share of the question's weight that the persona's expertise contains, in [0, 1]."""
    return question.coverage(frozenset(stem for field in persona.expertise for stem in content_stems(field)))


def _decided(receipt: GateReceipt, refusal: str, best: float) -> GateReceipt:
    voice = 0.0 if refusal else min(1.0, math.exp((receipt.expected - best) / _SHARPNESS))
    return replace(receipt, voice=round(voice, 4), activated=not refusal, reason=refusal or "activated")
