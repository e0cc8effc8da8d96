"""Follow-up questions: the complete question that each is read as, whether its answer is right, and what is left alone.

`python -m tests.engine.question.test_follow_up` prints how many follow-ups of `TALKS` are answered rightly.
"""

import asyncio
import sys
import tempfile
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from engine.events import AnswerWritten, Citation, QuestionRead, RunCancelled, RunEvent, RunStarted
from engine.question.follow_up import Conversation, understood, with_names
from engine.run.conversation import conversation_of
from engine.text.safe import one_line
from tests.support.scripted_run import state_of
from tests.support.small_libraries import MANUALS, MINUTES
from tui.session.session import Session, open_session

MISSED = ""  # the answer of a follow-up that is read rightly and answered wrongly

# Conversations by library. Each first question is followed by its follow-ups: the question as written, the question as
# understood, and words of the right answer.
TALKS = {
    "sample": (
        ("How high is Gannet Stack Light?",
         ("Who built it?", "Who built Gannet Stack Light?", "Tobiász Krelle"),
         ("When was it first lit?", "When was Gannet Stack Light first lit?", "1836"),
         ("And when did he die?", "When did Tobiász Krelle die?", "1868")),
        ("How high is Gannet Stack Light?",
         ("What about Vane Head Light?", "How high is Vane Head Light?", "61 feet"),
         ("Which of the two is older?", "Which of Gannet Stack Light and Vane Head Light is older?", MISSED)),
        ("Who founded the Net School?",
         ("Who was her mother?", "Who was Hester Quillane's mother?", "Damaris Quillane")),
        ("Which ship brought the Orrin Bell?",
         ("In which year was it lost?", "In which year was Élouane lost?", "1874"),
         ("Where?", "Where was Élouane lost?", "reef")),
        ("What happened to the Élouane?",
         ("How many of the crew survived?", "How many of the crew survived? (about the Élouane)", MISSED),
         ("Where was it lost?", "Where was the Élouane lost?", "reef"),
         ("When?", "When was the Élouane lost?", "1874")),
        ("Who built the lighthouse that Ysolde Marrak kept?",
         ("When was it first lit?", "When was Gannet Stack Light first lit?", "1836")),
        ("Who led the Net Strike of 1894?",
         ("How long did it last?", "How long did the Net Strike last?", "eleven weeks"),
         ("Tell me more", "Tell me more about the Net Strike", "Net Strike")),
        ("When did the Net Strike begin?",
         ("Who led it?", "Who led the Net Strike?", "Keziah Rosk"),
         ("How old was she?", "How old was Keziah Rosk?", MISSED)),
        ("Who was Jory Marrak?",
         ("Which boat did he steer?", "Which boat did Jory Marrak steer?", "Constant Hope"),
         ("And his wife?", "Which boat did Jory Marrak's wife steer?", MISSED)),
        ("Who was Jory Marrak?",
         ("And his wife?", "Who was Jory Marrak's wife?", MISSED),
         ("more", "Tell me more about Jory Marrak", "Jory Marrak")),
        ("Who was Harbour Reeve in 1880?",
         ("and in 1960?", "Who was Harbour Reeve in 1960?", MISSED)),
        ("Who kept Gannet Stack Light from 1871 to 1904?",
         ("And who came after?", "Who came after Ysolde Marrak?", "Joss Kessen")),
        ("Who built Vane Head Light?",
         ("When?", "When was Vane Head Light built?", "1879"),
         ("Where exactly?", "Where exactly was Vane Head Light built?", "Udrigg")),
    ),
    "manuals": (
        ("How long is the warranty of the dishwasher?",
         ("And how do I drain it?", "How do I drain the dishwasher?", "unscrew the cap")),
        ("How long is the warranty of the washing machine?",
         ("What about the dishwasher?", "How long is the warranty of the dishwasher?", "three years")),
        ("How long does the Eco programme take?",
         ("And the Quick programme?", "How long does the Quick programme take?", "40 minutes"),
         ("How much water does it use?", "How much water does the Quick programme use?", "11 litres"),
         ("And the other one?", "How much water does the Eco programme use?", "9.5 litres")),
        ("What does E15 mean?", ("And E24?", "What does E24 mean?", "drain hose")),
        ("How do I drain the dishwasher?",
         ("And the washing machine?", "How do I drain the washing machine?", "flap")),
        ("How often should I rinse the filter of the dishwasher?",
         ("And where is it?", "Where is the filter?", "bottom of the tub")),
        ("How do I remove the transport bolts?",
         ("How many are there?", "How many are there? (about the transport bolts)", "Four bolts")),
    ),
    "minutes": (
        ("Who reported on the roof of the boathouse?",
         ("How many offers did he obtain?", "How many offers did Tomasz Wilk obtain?", "two offers")),
        ("Who proposed to raise the membership fee?",
         ("Why?", "Who proposed to raise the membership fee, and why?", "insurance"),
         ("And who voted against it?", "Who voted against the membership fee?", "Peter Oduya")),
        ("When is the summer regatta?",
         ("Where?", "Where is the summer regatta?", "Lower Basin"),
         ("Who is in charge of it?", "Who is in charge of the summer regatta?", "Greta Lind"),
         ("How many boats are expected?", "How many boats are expected? (about the summer regatta)", "140")),
        ("How many members does the youth group have?",
         ("Who is their coach?", "Who is the youth group's coach?", "Mirela Popa"),
         ("What did she ask for?", "What did Mirela Popa ask for?", "dinghies")),
        ("What is SkipperMail?", ("And WaterPress?", "What is WaterPress?", "website")),
    ),
}  # fmt: skip
RIGHT, ALL = 36, 42  # follow-ups


def opened(folder: Path, library: str) -> Session:
    """Return a session on a library of `TALKS`, with no language model."""
    texts = {"manuals": MANUALS, "minutes": MINUTES}.get(library, {})
    for name, text in texts.items():
        (folder / "texts").mkdir(exist_ok=True)
        (folder / "texts" / name).write_text(text, encoding="utf-8")
    session = open_session(folder / "workspace", paths=[folder / "texts"] if texts else [], model="none")
    session.library.open(lambda _done, _total, _path: None, threading.Event())
    return session


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("sample"), "sample").library.retriever()


async def run_of(session, question, before=None):
    async with aclosing(session.runs.ask(question, before)) as stream:
        return [recorded.event async for recorded in stream]


def answer_of(events) -> AnswerWritten:
    return next(event for event in events if isinstance(event, AnswerWritten))


def read_of(events) -> QuestionRead:
    return next(event for event in events if isinstance(event, QuestionRead))


async def replies(session, talk):
    """Ask a conversation; return for each follow-up what it was read as, and its answer."""
    question, *follow_ups = talk
    events, results = await run_of(session, question), []
    for text, _, _ in follow_ups:
        events = await run_of(session, text, conversation_of(state_of(events)))
        results.append((read_of(events).understood, answer_of(events).answer))
    return results


@pytest.mark.parametrize(
    ("library", "talk"),
    [(library, talk) for library, talks in TALKS.items() for talk in talks],
    ids=[f"{library}-{talk[0]}-{talk[1][0]}" for library, talks in TALKS.items() for talk in talks],
)
async def test_each_follow_up_of_a_conversation_is_read_as_a_complete_question(tmp_path, library, talk):
    session = opened(tmp_path, library)  # one of its own: the personas learn from each question
    results = await replies(session, talk)
    await session.close()
    assert [read for read, _ in results] == [read for _, read, _ in talk[1:]]
    for (_, answer), (_, _, right) in zip(results, talk[1:], strict=True):
        assert right in one_line(answer)


def test_most_follow_ups_are_answered_rightly():
    answers = [answer for talks in TALKS.values() for talk in talks for _, _, answer in talk[1:]]
    assert (len(answers) - answers.count(MISSED), len(answers)) == (RIGHT, ALL)


KRELLE = Conversation("Who was Tobiász Krelle?", ("Tobiász Krelle",))
LIGHT = Conversation("Who built Gannet Stack Light?", ("Gannet Stack Light",), answers=("Tobiász Krelle",))
LIGHTS = Conversation(
    "Is Gannet Stack Light or Vane Head Light older?", ("Gannet Stack Light", "Vane Head Light"), ("lighthouses",)
)
RENT = Conversation("What was the rent of the Salt House in 1951?", ("the Salt House",), ("the rent",))


@pytest.mark.parametrize(
    ("before", "question", "read"),
    [
        (LIGHT, "What about Vane Head Light?", "Who built Vane Head Light?"),
        (LIGHT, "And his wife?", "Who was Tobiász Krelle's wife?"),
        (LIGHT, "Who else?", "Who else built Gannet Stack Light?"),
        (LIGHT, "How high is this light?", "How high is this light? (about Gannet Stack Light)"),
        (LIGHTS, "which of the two?", "Which of Gannet Stack Light and Vane Head Light is older?"),
        (LIGHTS, "When was the latter built?", "When was Vane Head Light built?"),
        (LIGHTS, "Who built the first one?", "Who built Gannet Stack Light?"),
        (LIGHTS, "Who built them?", "Who built Gannet Stack Light and Vane Head Light?"),
        (RENT, "and in 1952?", "What was the rent of the Salt House in 1952?"),
        (RENT, "How much?", "How much was the rent of the Salt House in 1951?"),
        (RENT, "And the Net School?", "What was the rent of the Net School in 1951?"),
        (KRELLE, "How old was he when he died?", "How old was Tobiász Krelle when he died?"),
        (KRELLE, "Why was that?", "Why was Tobiász Krelle?"),
        (Conversation("Wer war Tobiász Krelle?", ("Tobiász Krelle",)), "Wann starb er?", "Wann starb Tobiász Krelle?"),
        (Conversation("Wann wurde Gannet Stack Light gebaut?", ("Gannet Stack Light",)), "Und Vane Head Light?",
         "Wann wurde Vane Head Light gebaut?"),
        (Conversation("Wann wurde Gannet Stack Light gebaut?", ("Gannet Stack Light",)), "Warum?",
         "Warum wurde Gannet Stack Light gebaut?"),
        (Conversation("Qui était Tobiász Krelle ?", ("Tobiász Krelle",)), "Qui était sa femme ?",
         "Qui était sa femme ? (Tobiász Krelle)"),
        (Conversation("Qui a construit Gannet Stack Light ?", ("Gannet Stack Light",)), "Et Vane Head Light ?",
         "Qui a construit Vane Head Light?"),
        (Conversation("¿Quién era Tobiász Krelle?", ("Tobiász Krelle",)), "¿Y cuándo murió?",
         "Cuándo murió? (Tobiász Krelle)"),
        (Conversation("¿Quién construyó Gannet Stack Light?", ("Gannet Stack Light",)), "¿Y Vane Head Light?",
         "Quién construyó Vane Head Light?"),
    ],
)  # fmt: skip
def test_a_follow_up_is_put_into_the_words_of_the_question_before(retriever, before, question, read):
    assert understood(question, before, retriever) == read


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("What were the weights of the Tide Clock cast from?", ""),  # a name of its own
        ("What did Ysolde Marrak do before she kept it?", ""),  # its pronouns mean its own name
        ("Did she know Tobiász Krelle?", "Did Gannet Stack Light know Tobiász Krelle?"),  # this one precedes any name
        ("Who was Napoleon?", ""),  # a name, if an unknown one
        ("Who invented the telegraph?", ""),  # no name, but none of this is told of a lighthouse
        ("How high is the granite tower?", "How high is the granite tower? (about Gannet Stack Light)"),  # and this is
        ("Vane Head Light", ""),  # a topic
        ("How do I clean the filter before I put it back?", ""),  # it is the filter
        ("Is it safe to swim there?", ""),  # what follows says what it is
        ("Who sang It is late?", ""),  # a title
        ("Which animal keeps its winter coat?", ""),  # its own animal
        ("Who was the first mayor?", ""),
        ("", ""),
        ("???", ""),
        ("it " * 200, ""),  # too long for a follow-up
    ],
)
def test_only_what_refers_back_is_read_otherwise(retriever, question, read):
    before = Conversation("How high is Gannet Stack Light?", ("Gannet Stack Light",))
    assert understood(question, before, retriever) == read


def test_without_a_conversation_nothing_is_meant(session):
    assert understood("Who built it?", Conversation(), session.library.retriever()) == ""


def test_a_conversation_is_read_from_the_events_of_a_run():
    quotes = {
        "Cy": "Cy met Ann Lee and Bo Tarn in May 1900.", "Minutes": "They use the SunSpider benchmark.", "": "x",
    }  # fmt: skip
    cited = [Citation(n, "s", title, 0, 1, quote) for n, (title, quote) in enumerate(quotes.items(), start=1)]
    events: list[RunEvent] = [
        RunStarted("r", "Who was born when she kept it?", 0, 1, None),
        QuestionRead(
            ("ann lee", "vane head"), ("ann lee", "vane head"), (), context_names=("Vane",),
            understood="Who was born when ÁNN LEE kept the Vane Head of the old town?",
        ),
    ]  # fmt: skip
    question = "Who was born when ÁNN LEE kept the Vane Head of the old town?"
    subjects = ("ÁNN LEE", "the Vane Head")
    cancelled = Conversation(question, subjects, ("the old town",), earlier=("Vane",))
    assert conversation_of(state_of([*events, RunCancelled()])) == cancelled
    before = conversation_of(
        state_of([*events, AnswerWritten("x", abstained=False, citations=tuple(cited), removed=0)])
    )
    assert before.answers == ("Bo Tarn",)
    assert before.titles == ("Cy",)  # "Minutes" is the title of a document only
    assert before.cited == ("Ann Lee", "Bo Tarn", "SunSpider")
    assert before.recent == ("ÁNN LEE", "the Vane Head", "Vane")


async def test_a_question_with_a_name_of_its_own_is_read_as_without_a_conversation(session):
    alone = read_of(await run_of(session, "Who led the Net Strike of 1894?"))
    after = read_of(await run_of(session, "Who led the Net Strike of 1894?", LIGHT))
    assert (after.understood, after.context_names) == ("", ("Gannet Stack Light",))
    assert (after.entities, after.known, after.terms, after.context) == (
        alone.entities, alone.known, alone.terms, alone.context,
    )  # fmt: skip


def test_a_name_that_cannot_be_put_in_place_is_added():
    assert with_names("Who built it?", ()) == "Who built it?"
    assert with_names("Who built it?", ("A", "B")) == "Who built it? (about A, B)"
    assert with_names("Wer baute es?", ("A",)) == "Wer baute es? (A)"


async def _count() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for library, talks in TALKS.items():
            for number, talk in enumerate(talks):
                (own := Path(folder) / f"{library}-{number}").mkdir()
                session = opened(own, library)
                for (read, answer), (text, expected, right) in zip(await replies(session, talk), talk[1:], strict=True):
                    is_right = bool(right) and right in one_line(answer)
                    sys.stdout.write(f"{is_right:d} {read == expected:d} {text} | {read}\n")
                await session.close()


if __name__ == "__main__":
    asyncio.run(_count())
