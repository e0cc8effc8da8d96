"""Computes the rewards of the personas of a run from the user's judgement of its answer or of a citation."""

from collections.abc import Collection
from dataclasses import dataclass, field

from engine.errors import InputError
from engine.events import PersonaTransitioned
from engine.mixture.scoring import DEPTH
from engine.personas.experience import MarkedRanking
from engine.personas.traits import Kind
from engine.run.state import RunState

WEIGHT = 5  # a judgement counts as so many rewards of a run: a user knows better than the four scores


@dataclass(frozen=True, slots=True)
class Judgement:
    """A run's answer (`citation` None) or one of its citations, liked or not; `rewards` in [0, 1] by persona.

    `context` are the features of the question, if the run has any; `marked` is its ranking, if a passage in it is
    liked.
    """

    run_id: str
    citation: int | None
    liked: bool
    rewards: dict[str, float]
    context: tuple[float, ...] = ()
    marked: MarkedRanking | None = None

    @property
    def subject(self) -> str:
        """Name what was judged."""
        return "the answer" if self.citation is None else f"citation {self.citation}"


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """The effect of a judgement: the mean reward of each persona before and after it, and the changes of state.

    `factors`: how many times a kind of evidence counts from now on, if that changed.
    """

    judgement: Judgement
    means: dict[str, tuple[float, float]] = field(default_factory=dict)
    transitions: tuple[PersonaTransitioned, ...] = ()
    factors: dict[Kind, float] = field(default_factory=dict)


def judge(state: RunState, *, liked: bool, citation: int | None = None) -> Judgement:
    """Compute who earns what when the user likes or dislikes the answer of a run, or one citation of it.

    Each persona that walked earns the share of the judged passages (all that the answer cites, or the one of the
    citation) among its own first five; for a dislike, 1 less that share. Raises InputError for a run without an
    answer, an unknown citation, or one whose passage was not recorded.
    """
    judged = _passages(state, citation)
    outputs = {name: row.output.passages[:DEPTH] for name, row in state.rows.items() if row.output}
    shares = {name: len(judged.intersection(passages)) / len(judged) for name, passages in outputs.items()}
    rewards = {name: share if liked else 1 - share for name, share in shares.items()}
    marked = _marked(state, judged) if liked else None
    return Judgement(state.run_id, citation, liked, rewards, state.read.context if state.read else (), marked)


def _marked(state: RunState, liked: Collection[str]) -> MarkedRanking | None:
    """Return the ranking of a run, in which these passages are liked; None if it has none of them."""
    ranked = [passage for passage in state.evidence.passages if passage.values] if state.evidence else []
    rows = tuple(n for n, passage in enumerate(ranked) if passage.id in liked)
    return MarkedRanking(tuple(passage.values for passage in ranked), rows) if rows else None


def _passages(state: RunState, citation: int | None) -> set[str]:
    """Return the ids of the passages that are judged, at least one."""
    run_id, answer = state.run_id, state.answer
    if answer is None or not answer.citations:
        reason = "has no answer" if answer is None else "cites nothing"
        raise InputError(f"run {run_id} {reason}", hint="only an answer with citations can be judged")
    cited = {quoted.n: quoted.passage for quoted in answer.citations if citation in {None, quoted.n}}
    if not cited:
        valid = ", ".join(str(quoted.n) for quoted in answer.citations)
        raise InputError(f"run {run_id} has no citation {citation}", hint=f"{valid} are there")
    if not all(cited.values()):
        raise InputError(
            f"run {run_id} is from before citations named their passages", hint="ask again, and judge the new answer"
        )
    return set(cited.values())
