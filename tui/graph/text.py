"""Draws the lines of the graph's tree: box characters at the left, the facts of each passage at the right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.text import Text

from engine.events import AnswerWritten, EvidenceRanked, PersonaStepped
from tui.drawing.cells import colour_of, counted, fit, plain, score
from tui.drawing.marks import ARROW, CORNER, FOLDED, FORK, NEW, NO_VALUE, OPEN, RAIL, REFERENCE
from tui.graph.state import FIRST, GraphNode, GraphState, GrowthStep
from tui.graph.tree import NAMED, SEARCHED, LineKind, TreeLine, keys_of

ROOMY, CITED, RANK, VISITS, MOST_SYMBOLS, LEVELS = 72, 7, 4, 6, 12, 8
"""From this width on all columns have room; cells of the columns; personas, and levels, that are drawn at most."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The input of every line: the graph, the persona whose scores count (empty: all), the new passages."""

    view: GraphState
    persona: str = ""
    new: frozenset[str] = frozenset()

    def name_of(self, node: GraphNode) -> str:
        """Return a title, with the passage's number where several passages have the same."""
        name = plain(node.title)
        return f"{name} ({plain(node.number)})" if self.view.titles[node.title] > 1 else name


def line_text(line: TreeLine, picture: Picture, width: int) -> Text:
    """Draw one line of the tree in `width` cells; the question's line has the heads of the columns."""
    right = _columns(line, picture, width)
    if right.cell_len > width // 2:
        right = Text()
    words = _left(line, picture)
    words.truncate(max(width - right.cell_len, 1), overflow="ellipsis", pad=True)
    return words + right


def _left(line: TreeLine, picture: Picture) -> Text:
    mark = NEW if line.node_id in picture.new and line.kind is LineKind.NODE else " "
    fold = (FOLDED if line.folded else OPEN) if line.below else " "
    if line.kind is LineKind.REFERENCE:
        fold = REFERENCE
    text = Text.assemble((mark, "bold"), (rails_text(line.rails), "dim"), f"{fold} ", *words_of(line, picture))
    return text.append(f" +{line.below}", "dim") if line.folded else text


def rails_text(rails: Sequence[bool]) -> str:
    """Draw the rails that lead down to a line; at deep levels only the last of them, after the level as a number."""
    if not rails:
        return ""
    upper = rails[:-1]
    drawn = "".join(RAIL if more else "  " for more in upper[-LEVELS:])
    deep = f"{len(rails)} " if len(upper) > LEVELS else ""
    return f"{deep}{drawn}{FORK if rails[-1] else CORNER}"


def words_of(line: TreeLine, picture: Picture) -> list[tuple[str, str]]:
    """Return the words of a line, each part with its style."""
    match line.kind:
        case LineKind.QUESTION:
            return [(plain(line.label), "bold")]
        case LineKind.START:
            if line.label in {NAMED, SEARCHED}:
                return [(line.label, "italic")]
            return [(plain(line.label), "bold italic"), (", a name in it", "italic")]
        case LineKind.NODE:
            node = picture.view.nodes[line.node_id]
            return [(link_text(line), "dim"), (picture.name_of(node), "bold" if node.citations else "")]
        case LineKind.REFERENCE:
            node = picture.view.nodes[line.node_id]
            return [(f"{link_text(line)}{picture.name_of(node)}", "dim")]


def link_text(line: TreeLine) -> str:
    """Return the name of the link and an arrow; nothing where the name is the title itself."""
    return "" if not line.via or line.via in keys_of(line.label) else f"{plain(line.via)} {ARROW} "


# -- the columns ------------------------------------------------------------------------------------------


def _columns(line: TreeLine, picture: Picture, width: int) -> Text:
    """Draw citations, rank, visits, visiting personas, best score; on a narrow screen fewer of them."""
    has_room = width >= ROOMY
    if line.kind is LineKind.QUESTION:
        heads = f"{'cited':>{CITED}} {'rank':>{RANK}} {'visits':>{VISITS}} " if has_room else " " * (CITED + 1)
        return Text.assemble(heads, *_symbols(picture, picture.view.symbols), " best" if has_room else "")
    if line.kind is not LineKind.NODE:
        return Text()
    node = picture.view.nodes[line.node_id]
    text = Text(" ").append(fit(citation_marks(node), CITED - 1, right=True), "bold cyan").append(" ")
    if has_room:
        text.append(f"{node.rank or '':>{RANK}} ", "bold" if 0 < node.rank <= FIRST else "")
        text.append(f"{len(node.visits):>{VISITS}} ", "dim")
    for symbol, style in _symbols(picture, node.visitors()):
        text.append(symbol, style)
    return text.append(f" {score(node.score(picture.persona))}") if has_room else text


def _symbols(picture: Picture, personas: Collection[str]) -> list[tuple[str, str]]:
    """Draw the symbol of each of these personas in its own column."""
    view = picture.view
    columns = list(view.symbols.items())[:MOST_SYMBOLS]
    return [
        (symbol, colour_of(view.numbers[name])) if name in personas else (NO_VALUE, "dim") for name, symbol in columns
    ]


def citation_marks(node: GraphNode) -> str:
    """Return `[1][4]`, the numbers by which the answer cites a passage."""
    return "".join(f"[{citation.n}]" for citation in node.citations)


# -- the lines around the tree ----------------------------------------------------------------------------


def legend_text(view: GraphState, persona: str, width: int) -> Text:
    """Draw each persona with its number, its symbol and as much of its name as there is room for."""
    text = Text(no_wrap=True)
    cells = width // max(len(view.symbols), 1) - 5
    for n, (name, symbol) in enumerate(view.symbols.items(), start=1):
        full_name = plain(name)
        style = colour_of(view.numbers[name])
        text.append("  " if text else "")
        text.append(f"{n}", "dim").append(symbol, f"bold {style}")
        if cells > 0:
            text.append(
                f" {fit(full_name, min(cells, len(full_name)))}", f"{style} reverse" if name == persona else style
            )
    return text


def growth_text(view: GraphState, total: int, playing: str = "") -> Text:
    """Draw `step 17/212 · what it added · the size of the graph after it`."""
    size = f"{counted(len(view.nodes), 'passage')}, {counted(len(view.links), 'link')}"
    return Text(" · ".join(filter(None, (f"{playing}step {view.steps}/{total}", _last_step(view), size))))


def _last_step(view: GraphState) -> str:
    match view.last:
        case PersonaStepped() as step:
            source = view.nodes.get(step.source_id)
            origin = f"{plain(source.title)} {ARROW} " if source else ""
            return f"{plain(step.persona_id)}: {origin}{plain(step.title)} by {plain(step.via)}"
        case EvidenceRanked(passages=passages, coverage=coverage):
            return f"the panel ranks {counted(len(passages), 'passage')}, {coverage:.0%} of the question"
        case AnswerWritten(citations=citations, abstained=abstained):
            return f"the answer cites {len(citations)}" if not abstained else "unanswered"
        case None:
            return ""


def added_by(step: GrowthStep | None) -> frozenset[str]:
    """Return the passages of a step of growth: visited, ranked among the first, or cited."""
    match step:
        case PersonaStepped(target_id=target):
            return frozenset({target})
        case EvidenceRanked(passages=passages):
            return frozenset(passage.id for passage in passages[:FIRST])
        case AnswerWritten(citations=citations):
            return frozenset(citation.passage for citation in citations)
        case None:
            return frozenset()
