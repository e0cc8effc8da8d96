"""The gate: which personas are activated for a question, each choice with a receipt."""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol

from engine.events import GateReceipt
from engine.mixture.bandit import Bandit
from engine.mixture.question_features import FEATURES
from engine.personas.experience import Experience
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.question.question import Question
from engine.text.words import content_stems

_WORTH = 0.2  # what a full match of its expertise adds to the expected reward
_SHARPNESS = 0.2  # expected reward below the best at which a voice is down to a third


class Gate(Protocol):
    """Decides who walks. A receipt for every persona of the roster, in the roster's order."""

    def choose(
        self,
        question: Question,
        context: tuple[float, ...],
        entries: Sequence[RosterEntry],
        *,
        cycle: int,
        called: Collection[str] = (),
    ) -> list[GateReceipt]:
        """The receipts of one cycle; `called` are the personas that were activated in an earlier one."""
        ...


class BanditGate:
    """Calls those of whom a bandit expects most: reward and bonus, expertise match, less cost, against a threshold.

    At most `batch_size` personas a cycle and at most one experimental seat; the control comes on top. What is
    expected of a persona is also its voice in the panel's ranking, beside the best walker that was called so far.
    """

    def __init__(self, activation_threshold: float, batch_size: int, experiences: Sequence[Experience] = ()) -> None:
        self._threshold = activation_threshold
        self._batch_size = batch_size
        self._bandit = Bandit(experiences, len(FEATURES))

    def choose(
        self,
        question: Question,
        context: tuple[float, ...],
        entries: Sequence[RosterEntry],
        *,
        cycle: int,
        called: Collection[str] = (),
    ) -> list[GateReceipt]:
        """See `Gate.choose`. Equal scores go to the lower id, so the choice is reproducible."""
        rated = {entry.persona.persona_id: self._rate(question, context, entry, cycle) for entry in entries}
        trials = {e.persona.persona_id for e in entries if e.state is PersonaState.EXPERIMENTAL}
        seats, trial_seats, chosen = self._batch_size, int(trials.isdisjoint(called)), {}
        for entry in sorted(entries, key=lambda e: (-rated[e.persona.persona_id].score, e.persona.persona_id)):
            name, trial = entry.persona.persona_id, entry.persona.persona_id in trials
            reason = self._refusal(entry, rated[name].score, name in called)
            if not reason and not entry.persona.is_control:
                reason = (
                    "no seat left"
                    if seats == 0
                    else "one experimental seat a question"
                    if trial and trial_seats == 0
                    else ""
                )
                seats -= not reason
                trial_seats -= trial and not reason
            chosen[name] = reason
        walkers = {e.persona.persona_id for e in entries if not e.persona.is_control}
        heard = [rated[name].expected for name in walkers if not chosen[name] or name in called]
        best = max(heard, default=0.0)
        return [_decided(rated[e.persona.persona_id], chosen[e.persona.persona_id], best) for e in entries]

    def _refusal(self, entry: RosterEntry, score: float, called: bool) -> str:  # noqa: FBT001 - private, one caller
        if entry.state is PersonaState.PRUNED:
            return "pruned"
        if called:
            return "has walked already"
        if entry.persona.is_control:
            return ""
        return "" if score >= self._threshold else "below the activation threshold"

    def _rate(self, question: Question, context: tuple[float, ...], entry: RosterEntry, cycle: int) -> GateReceipt:
        persona = entry.persona
        expected, bonus = self._bandit.expect(persona.persona_id, context)
        expertise = _WORTH * expertise_match(persona, question)
        score = expected + bonus + expertise - persona.activation_cost
        return GateReceipt(
            persona.persona_id, entry.state, cycle, round(expertise, 4), round(expected, 4), round(bonus, 4),
            persona.activation_cost, round(score, 4), self._threshold, voice=0.0, activated=False, reason="",
        )  # fmt: skip


def expertise_match(persona: Persona, question: Question) -> float:
    """The share of the question's weight whose stems the persona's expertise names, in [0, 1]."""
    return question.coverage(frozenset(stem for field in persona.expertise for stem in content_stems(field)))


def _decided(receipt: GateReceipt, refusal: str, best: float) -> GateReceipt:
    voice = 0.0 if refusal else min(1.0, math.exp((receipt.expected - best) / _SHARPNESS))
    return replace(receipt, voice=round(voice, 4), activated=not refusal, reason=refusal or "activated")
