"""Python programs: open a workspace, read documents into it, ask questions, and follow the events of a run.

    from tui.api import PersonaMoe

    async with PersonaMoe("my-workspace", library=["notes"]) as program:
        answer = await program.ask("When is the boiler serviced?")
        print(answer.answer, answer.citations[0].quote)

`example.py` is a complete program. Everything that `__all__` names stays as it is documented; other modules may change.

- `persona_moe`: `PersonaMoe`, the workspace as a program uses it. `values`: what it returns.
- `sources`: a plain search, passages by their id, and cited words in the text of their source.
- `session_pool`: the sessions behind it, each lent to one task at a time, so that several questions may run at once.

What always holds: texts are exactly those of the documents, control characters included, so a program that prints them
uses `engine.text.safe.printable`. Leaving the events of a run cancels it, and what its model writes.

May import `tui.run`, `tui.session`, `db` and `engine`; no Textual. `tui.mcp` and `tui.http_api` are built on it.
"""

from engine.errors import InputError, OperationError, PersonaMoeError
from engine.events import Citation, RecordedEvent, RunEvent
from engine.index.catalogue import IngestReport
from tui.api.persona_moe import PersonaMoe
from tui.api.values import Answer, CitedSource, Judged, LibraryContents, LibraryPassage, PersonaSummary

__all__ = [
    "Answer",
    "Citation",
    "CitedSource",
    "IngestReport",
    "InputError",
    "Judged",
    "LibraryContents",
    "LibraryPassage",
    "OperationError",
    "PersonaMoe",
    "PersonaMoeError",
    "PersonaSummary",
    "RecordedEvent",
    "RunEvent",
]
