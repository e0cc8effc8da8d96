"""What the user's judgement of an answer, or of one of its citations, is worth to the personas of that run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.errors import InputError
from engine.events import AnswerWritten, OutputProduced, PersonaTransitioned, QuestionRead, RunEvent, RunStarted
from engine.mixture.scoring import DEPTH

WEIGHT = 5  # samples that one judgement counts for: a user knows better than the four scores

Judgements = Mapping[int | None, bool]
"""Whether the user likes the answer of a run (None), and its citations by number."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A run's answer (`citation` None) or one of its citations, liked or not; `rewards` in [0, 1] by persona.

    `context` are the features of the question, if the run has any.
    """

    run_id: str
    citation: int | None
    liked: bool
    rewards: dict[str, float]
    context: tuple[float, ...] = ()

    @property
    def subject(self) -> str:
        """What was judged, in words."""
        return "the answer" if self.citation is None else f"citation {self.citation}"


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """What a judgement changed: mean reward before and after by persona, and who changed its state by it."""

    judgement: Judgement
    means: dict[str, tuple[float, float]] = field(default_factory=dict)
    transitions: tuple[PersonaTransitioned, ...] = ()


def judge(events: Iterable[RunEvent], *, liked: bool, citation: int | None = None) -> Judgement:
    """Who earns what when the user likes or dislikes the answer of a run, or one citation of it.

    Each persona that walked earns the share of the judged passages (all that the answer cites, or the one of
    the citation) among its own first five; for a dislike, what is left of 1. Raises InputError for a run without
    an answer, an unknown citation, or one whose passage was not recorded.
    """
    run_id, answer = "", None
    context: tuple[float, ...] = ()
    outputs: dict[str, frozenset[str]] = {}
    for event in events:
        match event:
            case RunStarted():
                run_id = event.run_id
            case QuestionRead():
                context = event.context
            case OutputProduced():
                outputs[event.persona_id] = frozenset(event.passages[:DEPTH])
            case AnswerWritten():
                answer = event
            case _:
                pass
    judged = _passages(run_id, answer, citation)
    shares = {name: len(judged & found) / len(judged) for name, found in outputs.items()}
    rewards = {name: share if liked else 1 - share for name, share in shares.items()}
    return Judgement(run_id, citation, liked, rewards, context)


def _passages(run_id: str, answer: AnswerWritten | None, citation: int | None) -> set[str]:
    """The ids of the passages that are judged; never empty."""
    if answer is None or not answer.citations:
        said = "has no answer" if answer is None else "cites nothing"
        raise InputError(f"run {run_id} {said}", hint="only an answer with citations can be judged")
    cited = {quoted.n: quoted.passage for quoted in answer.citations if citation in {None, quoted.n}}
    if not cited:
        valid = ", ".join(str(quoted.n) for quoted in answer.citations)
        raise InputError(f"run {run_id} has no citation {citation}", hint=f"{valid} are there")
    if not all(cited.values()):
        raise InputError(
            f"run {run_id} is from before citations named their passages", hint="ask again, and judge the new answer"
        )
    return set(cited.values())
