"""Follow-up questions: which name a question leaves unsaid, and that nothing else is put into its mouth."""

from contextlib import aclosing

import pytest

from engine.events import AnswerWritten, Citation, QuestionRead, RunCancelled, RunEvent, RunStarted
from engine.question.follow_up import Conversation, names_meant, with_names
from engine.run.conversation import conversation_of
from tests.support.scripted_run import state_of

SAMPLE = (
    ("How high is Gannet Stack Light?", "Who built it?", ("Gannet Stack Light",), "Tobiász Krelle"),
    ("Who was Tobiász Krelle?", "When did he die?", ("Tobiász Krelle",), "died"),
    ("Who founded the Net School?", "Who was her mother?", ("Hester Quillane",), "Damaris Quillane"),
    ("Which ship brought the Orrin Bell?", "In which year was it lost?", ("Élouane",), "1874"),
    ("Who built the lighthouse that Ysolde Marrak kept?", "When was it first lit?", ("Gannet Stack Light",), "1836"),
    ("Who led the Net Strike of 1894?", "How long did it last?", ("Net Strike",), "eleven weeks"),
    ("Who was Jory Marrak?", "Which boat did he steer?", ("Jory Marrak",), "Constant Hope"),
)


async def run_of(session, question, before=None):
    async with aclosing(session.runs.ask(question, before)) as stream:
        return [recorded.event async for recorded in stream]


def answer_of(events) -> AnswerWritten:
    return next(event for event in events if isinstance(event, AnswerWritten))


def read_of(events) -> QuestionRead:
    return next(event for event in events if isinstance(event, QuestionRead))


@pytest.mark.parametrize(("first", "second", "names", "answer"), SAMPLE, ids=[pair[1] for pair in SAMPLE])
async def test_a_follow_up_is_answered_about_what_was_talked_of(session, first, second, names, answer):
    events = await run_of(session, second, conversation_of(state_of(await run_of(session, first))))
    assert read_of(events).context_names == names
    assert answer in answer_of(events).answer


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What were the weights of the Tide Clock cast from?", ()),  # a name of its own
        ("What did Ysolde Marrak do before she kept it?", ()),  # its pronouns mean its own name
        ("Did she know Tobiász Krelle?", ("Gannet Stack Light",)),  # this one stands before any name
        ("Who was Napoleon?", ()),  # a name, if an unknown one
        ("Who invented the telegraph?", ()),  # no name, but none of this is told of a lighthouse
        ("How high is the granite tower?", ("Gannet Stack Light",)),  # and this is
        ("Who built them?", ("Gannet Stack Light", "Vane Head Light")),
        ("", ()),
    ],
)
def test_only_what_refers_back_gets_a_context(session, question, names):
    before = Conversation(("Gannet Stack Light", "Vane Head Light"), ("Gannet Stack Light",))
    assert names_meant(question, before, session.library.retriever()) == names


def test_without_a_conversation_nothing_is_meant(session):
    assert names_meant("Who built it?", Conversation(), session.library.retriever()) == ()


def test_a_conversation_is_read_from_the_events_of_a_run():
    cited = [Citation(n, "s", title, 0, 1, "x") for n, title in enumerate(("Cy", "Ann Lee", "Cy", ""), start=1)]
    events: list[RunEvent] = [
        RunStarted("r", "Who was born when ÁNN LEE kept it?", 0, 1, None),
        QuestionRead(("ann lee", "vane head"), ("ann lee", "vane head"), (), context_names=("Vane Head",)),
    ]
    assert conversation_of(state_of([*events, RunCancelled()])) == Conversation(("ÁNN LEE", "Vane Head"), ())
    before = conversation_of(
        state_of([*events, AnswerWritten("x", abstained=False, citations=tuple(cited), removed=0)])
    )
    assert before == Conversation(("ÁNN LEE", "Vane Head"), ("Cy", "Ann Lee"))
    assert before.names == ("ÁNN LEE", "Vane Head", "Cy")


async def test_a_conversation_goes_on_over_several_questions(session):
    events = await run_of(session, "How high is Gannet Stack Light?")
    for question in ("Who built it?", "When was it first lit?"):
        events = await run_of(session, question, conversation_of(state_of(events)))
    assert read_of(events).context_names == ("Gannet Stack Light",)
    assert "1836" in answer_of(events).answer


async def test_a_question_with_a_name_of_its_own_is_read_as_without_a_conversation(session):
    alone = await run_of(session, "Who led the Net Strike of 1894?")
    after = await run_of(session, "Who led the Net Strike of 1894?", Conversation(("Tide Clock",)))
    assert read_of(after) == read_of(alone)


def test_the_context_is_said_in_words():
    assert with_names("Who built it?", ()) == "Who built it?"
    assert with_names("Who built it?", ("A", "B")) == "Who built it? (about A, B)"
