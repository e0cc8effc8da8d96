"""The user's judgements of a run in words and signs."""

from engine.events import PersonaTransitioned
from engine.run.feedback import FeedbackGiven, Judgement
from tui.run.judgement_text import feedback_text, judgement_marks


def test_the_line_says_whose_mean_rose_and_who_moved():
    moved = PersonaTransitioned("reader", "stable", "experimental", "thresholds", "feedback on run-1")
    means = {"archivist": (0.5, 0.6), "reader": (0.5, 0.4), "control": (0.5, 0.5), "tracker": (0.0, 0.1)}
    given = FeedbackGiven(Judgement("run-1", 2, True, {}), means, (moved,))
    assert feedback_text(given) == (
        "noted for citation 2: + archivist, tracker · - reader · = control · reader: stable → experimental"
    )


def test_the_judgements_of_a_run_in_a_few_signs():
    assert judgement_marks({2: False, None: True, 1: True}) == "+ [1]+ [2]-"
    assert judgement_marks({}) == ""
