"""The lines of the graph's tree as text: box characters at the left, what became of each passage at the right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.text import Text

from engine.events import AnswerWritten, EvidenceRanked, PersonaStepped
from tui.drawing.cells import colour_of, fit, plain, score
from tui.drawing.marks import ARROW, CORNER, FOLDED, FORK, NEW, NO_VALUE, OPEN, RAIL, REFERENCE
from tui.graph.state import FIRST, GraphNode, GraphView, GrowthStep
from tui.graph.tree import NAMED, SEARCHED, LineKind, TreeLine, keys_of

ROOMY, CITED, MOST_SYMBOLS, LEVELS = 64, 7, 12, 8
"""From this width on all columns have room; cells for citations and personas; levels whose lines are drawn."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the drawing of a line needs beside the line: the graph, whose scores count, which passages are new."""

    view: GraphView
    persona: str = ""
    new: frozenset[str] = frozenset()

    def name_of(self, node: GraphNode) -> str:
        """A title, with the passage's number where several passages have it."""
        name = plain(node.title)
        return f"{name} ({plain(node.number)})" if self.view.titles[node.title] > 1 else name


def line_text(line: TreeLine, picture: Picture, width: int) -> Text:
    """One line of the tree in `width` cells; on the question's line stand the heads of the columns."""
    right = _columns(line, picture, width)
    if right.cell_len > width // 2:
        right = Text()
    left = _left(line, picture)
    left.truncate(max(width - right.cell_len, 1), overflow="ellipsis", pad=True)
    return left + right


def _left(line: TreeLine, picture: Picture) -> Text:
    mark = NEW if line.node_id in picture.new and line.kind is LineKind.NODE else " "
    fold = (FOLDED if line.folded else OPEN) if line.below else " "
    if line.kind is LineKind.REFERENCE:
        fold = REFERENCE
    text = Text.assemble((mark, "bold"), (rails_text(line.rails), "dim"), f"{fold} ", *words_of(line, picture))
    return text.append(f" +{line.below}", "dim") if line.folded else text


def rails_text(rails: Sequence[bool]) -> str:
    """The lines that lead down to a line of the tree; far below, the level as a number before the last of them."""
    if not rails:
        return ""
    before = rails[:-1]
    drawn = "".join(RAIL if more else "  " for more in before[-LEVELS:])
    deep = f"{len(rails)} " if len(before) > LEVELS else ""
    return f"{deep}{drawn}{FORK if rails[-1] else CORNER}"


def words_of(line: TreeLine, picture: Picture) -> list[tuple[str, str]]:
    """What a line says, each part with its style."""
    match line.kind:
        case LineKind.QUESTION:
            return [(plain(line.label), "bold")]
        case LineKind.START:
            named = line.label not in {NAMED, SEARCHED}
            return (
                [(plain(line.label), "bold italic"), (", a name in it", "italic")]
                if named
                else [(line.label, "italic")]
            )
        case LineKind.NODE:
            node = picture.view.nodes[line.node_id]
            return [(link_text(line), "dim"), (picture.name_of(node), "bold" if node.citations else "")]
        case LineKind.REFERENCE:
            node = picture.view.nodes[line.node_id]
            return [(f"{link_text(line)}{picture.name_of(node)}", "dim")]


def link_text(line: TreeLine) -> str:
    """The name of the link and an arrow; nothing where it is the title itself."""
    return "" if not line.via or line.via in keys_of(line.label) else f"{plain(line.via)} {ARROW} "


# -- the columns ------------------------------------------------------------------------------------------


def _columns(line: TreeLine, picture: Picture, width: int) -> Text:
    """Citations, rank, visits, who came here, best score; on a narrow screen fewer of them."""
    has_room = width >= ROOMY
    if line.kind is LineKind.QUESTION:
        heads = f"{'cited':>{CITED}} {'#':>3} {'x':>3} " if has_room else " " * (CITED + 1)
        return Text.assemble(heads, *_symbols(picture, picture.view.symbols), " best" if has_room else "")
    if line.kind is not LineKind.NODE:
        return Text()
    node = picture.view.nodes[line.node_id]
    text = Text(" ").append(fit(citation_marks(node), CITED - 1, right=True), "bold cyan").append(" ")
    if has_room:
        rank = f"#{node.rank}" if node.rank else ""
        text.append(f"{rank:>3} ", "bold" if 0 < node.rank <= FIRST else "")
        text.append(f"{f'x{len(node.visits)}':>3} ", "dim")
    for symbol, style in _symbols(picture, node.visitors()):
        text.append(symbol, style)
    return text.append(f" {score(node.score(picture.persona))}") if has_room else text


def _symbols(picture: Picture, personas: Collection[str]) -> list[tuple[str, str]]:
    """The symbol of each of these personas in its own column."""
    view = picture.view
    seats = list(view.symbols.items())[:MOST_SYMBOLS]
    return [(symbol, colour_of(view.places[name])) if name in personas else (NO_VALUE, "dim") for name, symbol in seats]


def citation_marks(node: GraphNode) -> str:
    """`[1][4]`, the numbers by which the answer cites a passage."""
    return "".join(f"[{citation.n}]" for citation in node.citations)


# -- the lines around the tree ----------------------------------------------------------------------------


def legend_text(view: GraphView, persona: str, width: int) -> Text:
    """Each persona with its number, its symbol and as much of its name as there is room for."""
    text = Text(no_wrap=True)
    cells = width // max(len(view.symbols), 1) - 5
    for n, (name, symbol) in enumerate(view.symbols.items(), start=1):
        shown = plain(name)
        style = colour_of(view.places[name])
        text.append("  " if text else "")
        text.append(f"{n}", "dim").append(symbol, f"bold {style}")
        if cells > 0:
            text.append(f" {fit(shown, min(cells, len(shown)))}", f"{style} reverse" if name == persona else style)
    return text


def growth_text(view: GraphView, total: int, playing: str = "") -> Text:
    """`step 17/212 · what it added · how large the graph is by then`."""
    size = f"{len(view.nodes)} passages, {len(view.links)} links"
    return Text(" · ".join(filter(None, (f"{playing}step {view.steps}/{total}", _last_step(view), size))))


def _last_step(view: GraphView) -> str:
    match view.last:
        case PersonaStepped() as step:
            source = view.nodes.get(step.source_id)
            before = f"{plain(source.title)} {ARROW} " if source else ""
            return f"{plain(step.persona_id)}: {before}{plain(step.title)} by {plain(step.via)}"
        case EvidenceRanked(passages=passages, coverage=coverage):
            return f"the panel ranks {len(passages)} passages, {coverage:.0%} of the question"
        case AnswerWritten(citations=citations, abstained=abstained):
            return f"the answer cites {len(citations)}" if not abstained else "no answer"
        case None:
            return ""


def added_by(step: GrowthStep | None) -> frozenset[str]:
    """The passages that a step of growth touched: came to, ranked among the first, or cited."""
    match step:
        case PersonaStepped(target_id=target):
            return frozenset({target})
        case EvidenceRanked(passages=passages):
            return frozenset(passage.id for passage in passages[:FIRST])
        case AnswerWritten(citations=citations):
            return frozenset(citation.passage for citation in citations)
        case None:
            return frozenset()
