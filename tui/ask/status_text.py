"""The last line but one: the library, the model, how far the run is, and what is missing."""

from rich.text import Text

from engine.run.state import Phase, RunState
from tui.drawing.cells import plain
from tui.run.progress_text import progress_text
from tui.session.meaning import EmbeddingProgress


def embedding_text(progress: EmbeddingProgress | None) -> str:
    """How far the embedding of the passages is; nothing when it is done, or without an embedding model.

    The library's screen says why it waits: for the model, another session or the disk.
    """
    if progress is None or (progress.is_complete and not progress.problem):
        return ""
    waits = "waits, " if progress.problem else ""
    return f"embedding {waits}{progress.done:,}/{progress.total:,}"


def status_text(
    view: RunState,
    *,
    library: str,
    progress: tuple[str, ...] = (),
    problems: tuple[str, ...] = (),
    is_opening: bool = False,
) -> Text:
    """The line's words; problems and degraded reasons come last, each with its mark.

    Nothing is ready while the library `is_opening`, or if it has a problem.
    """
    is_ready = view.phase is not Phase.READY or view.outcome or not (is_opening or problems)
    no_model = "no model" if view.run_id and view.outcome else ""
    model = plain(view.model) + _cost(view) if view.model else no_model
    parts = [progress_text(view) if is_ready else "", *progress, model, library]
    text = Text(" · ".join(part for part in parts if part))
    for problem in (*problems, *view.degraded):
        text.append(f"  ! {plain(problem)}", "yellow")
    return text


def _cost(view: RunState) -> str:
    """Tokens that the model wrote in this run, and how fast: ` 812 tokens, 31/s`; or that it thinks."""
    if view.thoughts and not view.draft and view.running:
        return " thinks"
    use = view.use()
    rate = f", {use.tokens_per_second:.0f}/s" if use.tokens_per_second else ""
    return f" {use.output_tokens} tokens{rate}" if use.output_tokens else ""
