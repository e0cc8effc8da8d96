"""Describes one passage of the graph: its source, which personas visited it and why, the citations of it."""

from collections import defaultdict

from rich.text import Text

from engine.events import BY_TABLE
from engine.personas.traits import Kind
from engine.text.safe import printable
from tui.drawing.cells import colour_of, plain, score, short_source
from tui.drawing.marks import ARROW, NEW, REFERENCE
from tui.graph.state import GraphNode, GraphState, Visit
from tui.graph.text import Picture, citation_marks
from tui.graph.tree import NAMED, SEARCHED, LineKind, Tree, TreeLine, keys_of, start_name
from tui.run.story import TITLE_IN_QUESTION

STARTS = {
    SEARCHED: "Passages that a search for the question's words found; walks start from them too.",
    NAMED: "Passages whose title stands in the question.",
}
NAMED_START = "A name in the question that is a title in the library: walks start from its passages."

REASONS = {
    TITLE_IN_QUESTION: "its title stands in the question",
    Kind.STRUCTURE: "what stands around it, or its document, has much of the question",
    Kind.CLOSENESS: "the question's words stand close together in it",
    Kind.AMOUNTS: "it has many numbers",
    BY_TABLE: "it has rows of a table",
}
"""Why a persona came to a passage without a link, by the `via` of its visit."""
COLUMNS = (
    ("cited", "by this number in the answer"),
    ("rank", "in the panel's order of all passages"),
    ("visits", "how often personas came here"),
    ("", "which ones did"),
    ("best", "the best score that one of them gave it, 0 to 1"),
)
"""The heads of the columns of the tree with their meanings; the empty one is the letters of the personas."""
SIGNS = (
    f"under a passage are those to which it led, by the name before {ARROW} · {NEW} new · {REFERENCE} in full elsewhere"
)

MOST_TEXT, MOST_QUOTED = 1200, 60
"""Characters of a passage, and of each quote, that are shown; enter opens all of its source."""


def why(view: GraphState, visit: Visit, title: str) -> str:
    """Say why a persona came to the passage with this title: the kind of the link and its name."""
    via, source = plain(visit.via), view.nodes.get(visit.source_id)
    if source is None:
        return REASONS.get(visit.via, "found by the question's words")
    origin = f"“{plain(source.title)}”"
    if visit.via in keys_of(title):
        return f"{origin} names it"
    if visit.via in keys_of(source.title):
        return f"it names {origin}"
    return f"{origin} and it both name {via}"


def path_text(view: GraphState, tree: Tree, node_id: str, quoted: int = 10_000) -> str:
    """Return the path from the question by names and links to the passage, and the quotations of it, shortened."""
    path = tree.path(node_id)
    if not path:
        return ""
    parts = [f"question {ARROW} {plain(start_name(tree.parents[path[0]]))}"]
    for parent, step in zip(["", *path], path, strict=False):
        via = view.links.get((parent, step), "")
        parts.append(f"{f'({plain(via)}) ' if via else ''}{plain(view.nodes[step].title)}")
    quotes = [f"[{cited.n}] “{_cut(plain(cited.quote), quoted)}”" for cited in view.nodes[node_id].citations]
    return f" {ARROW} ".join([*parts, *quotes])


def details(picture: Picture, tree: Tree, node_id: str, passage: str | None) -> list[Text]:
    """Return the paragraphs of the details; `passage` is the passage's text, None until it was read."""
    view, node = picture.view, picture.view.nodes[node_id]
    text = [_head(picture, node)]
    path = path_text(view, tree, node_id, MOST_QUOTED)
    text += [Text.assemble(("path ", "dim"), path), *_reasons(picture, node)]
    if passage is not None:
        text.append(Text.assemble(("text ", "dim"), _cut(printable(passage), MOST_TEXT)))
    return text


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def heading_details(picture: Picture, line: TreeLine) -> list[Text]:
    """Return the paragraphs for the question's line, with its answer and the meaning of the signs, or for a start."""
    view = picture.view
    if line.kind is LineKind.START:
        return [Text(STARTS.get(line.label, NAMED_START))]
    text = [Text(plain(view.question), "bold"), columns_text(view), Text(SIGNS, "dim")]
    if view.known:
        text.append(Text.assemble(("names ", "dim"), ", ".join(map(plain, view.known))))
    if view.answer is not None:
        text.append(Text.assemble(("answer ", "dim"), printable(view.answer.answer)))
    return text


def columns_text(view: GraphState) -> Text:
    """Explain the columns of the tree in one paragraph, each by its head."""
    letters = "".join(view.symbols.values())
    text = Text()
    for head, meaning in COLUMNS:
        text.append(" · " if text else "", "dim").append(head or letters, "bold").append(f" {meaning}", "dim")
    return text


def _head(picture: Picture, node: GraphNode) -> Text:
    """Return title, source, citations, rank and visits."""
    marks = [f"cited {citation_marks(node)}"] if node.citations else []
    marks += [f"#{node.rank} of the panel, score {node.fused:.2f}"] if node.rank else []
    visits = len(node.visits)
    marks.append(f"{visits} visit{'s' * (visits != 1)}")
    head = Text.assemble((picture.name_of(node), "bold"), (f" · {short_source(node.source)} · ", "dim"))
    return head.append(" · ".join(marks))


def _reasons(picture: Picture, node: GraphNode) -> list[Text]:
    """Return each reason for a visit with the personas that had it and the scores that they gave."""
    view = picture.view
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for visit in node.visits:
        scores[why(view, visit, node.title)].setdefault(visit.persona_id, visit.score)
    return [_reason(view, reason, personas) for reason, personas in scores.items()]


def _reason(view: GraphState, reason: str, personas: dict[str, float]) -> Text:
    text = Text()
    for name, value in personas.items():
        text.append(f"{view.symbols.get(name, '?')} {plain(name)}", colour_of(view.numbers.get(name, -1)))
        text.append(f"{score(value)}  ")
    return text.append(reason, "dim")


def copied_path(view: GraphState, tree: Tree, node_id: str) -> str:
    """Return the question, the path and the source as plain text for the clipboard."""
    node = view.nodes[node_id]
    return f"{plain(view.question)}\n{path_text(view, tree, node_id)}\n{plain(node.source)}"
