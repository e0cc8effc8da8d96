"""The conversation that a run leaves behind for the next question."""

from engine.question.follow_up import Conversation, as_written
from engine.run.state import RunState
from engine.text.names import name_key


def conversation_of(state: RunState) -> Conversation:
    """Name the subjects of a run (the known names of its question, or of its context) and the titles that it cites."""
    read, citations = state.read, state.answer.citations if state.answer else ()
    inherited = {name_key(name): name for name in read.context_names} if read else {}
    subjects = {key: inherited.get(key) or as_written(key, state.question) for key in (read.known if read else ())}
    titles = dict.fromkeys(citation.title for citation in citations if citation.title)
    return Conversation(tuple(subjects.values()), tuple(titles))
