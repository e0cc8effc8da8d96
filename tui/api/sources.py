"""A plain search of the library, passages by their id, and cited words in the text of their source."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import InputError, UnknownRunError
from tui.api.values import CitedSource, LibraryPassage

if TYPE_CHECKING:
    from engine.documents.cited_source import SourceText
    from engine.documents.passages import Passage
    from engine.events import Citation
    from tui.session.library import ScopedLibrary
    from tui.session.session import Session

MOST_PASSAGES = 100
LARGEST_MARGIN = 20_000


def search(library: "ScopedLibrary", query: str, limit: int) -> Iterator[LibraryPassage]:
    """Yield the best passages by BM25 over the words of the query, best first. Raises InputError or LibraryError."""
    from engine.question.question import read_question  # noqa: PLC0415 - with the engine

    if not 1 <= limit <= MOST_PASSAGES:
        raise InputError(f"limit {limit} is not valid", hint=f"1 to {MOST_PASSAGES}")
    retriever = library.retriever()
    terms = read_question(query, retriever).search_terms()
    for number, score in retriever.search(terms, limit):
        yield _as_passage(retriever.open(number).passage, round(score, 4))


def passage(library: "ScopedLibrary", passage_id: str) -> LibraryPassage:
    """Return the passage with this id. Raises InputError if the library does not hold it."""
    from engine.documents.identity import PassageId  # noqa: PLC0415 - with the engine

    if library.holds(PassageId.parse(passage_id).source) and (indexed := library.passage(passage_id, "")):
        return _as_passage(indexed)
    raise InputError("the library has no passage with this id", hint="an id is that of a search or a citation")


def _as_passage(indexed: "Passage", score: float = 0.0) -> LibraryPassage:
    from tui.run.result import passage_fields  # noqa: PLC0415 - with the store

    return LibraryPassage(**passage_fields(indexed), score=score)


def citation_of(session: "Session", run_id: str, number: int) -> "Citation":
    """Return a citation of a run. Raises UnknownRunError if there is no such run or citation, or StoreError."""
    state = session.runs.state_of(session.runs.history.find(run_id))
    citations = state.answer.sources if state.answer else ()
    for citation in citations:
        if citation.n == number:
            return citation
    valid = ", ".join(str(citation.n) for citation in citations) or "it cites nothing"
    raise UnknownRunError(f"the run has no citation {number}", hint=valid)


def open_citation(library: "ScopedLibrary", citation: "Citation", margin: int) -> CitedSource:
    """Find the words of a citation in its source, with `margin` characters on each side.

    Only a source that the library holds is read, by the rules of an ingest. Raises InputError for any other.
    """
    if not 0 <= margin <= LARGEST_MARGIN:
        raise InputError(f"{margin} characters around the words are not valid", hint=f"0 to {LARGEST_MARGIN}")
    if not library.holds(citation.source):
        raise InputError("the source of this citation is not in the library", hint="ask again to get new citations")
    return locate(citation, library.read_source(citation.source), margin)


def source_text(library: "ScopedLibrary", source: str) -> "SourceText":
    """Read a source that the library holds, by the rules of an ingest. Raises InputError for any other."""
    if not library.holds(source):
        raise InputError("this source is not in the library", hint="a source is that of a passage or a citation")
    return library.read_source(source)


def locate(citation: "Citation", source: "SourceText", margin: int) -> CitedSource:
    """Find the words of a citation in the text of its source, with `margin` characters on each side."""
    from engine.documents.cited_source import QuoteState, locate_quote  # noqa: PLC0415 - with the engine

    if source.problem:
        return CitedSource(citation, "unreadable", problem=source.problem)
    quotation = locate_quote(source.text, citation)
    start, end = quotation.start, quotation.end
    preceding, following = source.text[max(0, start - margin) : start], source.text[end : end + margin]
    words = "" if quotation.state is QuoteState.CHANGED else source.text[start:end]
    return CitedSource(citation, str(quotation.state), start, end, preceding, words, following)
