"""Find the blocks of Org by reading it as Markdown with the signs at the same positions."""

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.documents.structure.blocks import Block, Unit
from engine.documents.structure.markdown import markdown_blocks

_ORG = re.compile(
    r"^(?P<stars>\*+)(?= )"
    r"|^[ \t]*(?P<drawer>:[\w-]+:[ \t]*\n(?:(?!\*+ ).*\n){0,40}?[ \t]*:END:[ \t]*$)"
    r"|^[ \t]*(?P<fence>#\+(?:begin|end)_(?:src|example)\b.*$)"
    r"|^[ \t]*(?P<setting>#(?:\+.*| .*)?$)"
    r"|^[ \t]*(?P<rule>\|[-+|]+$)"
    r"|(?P<plan>\n[ \t]*(?=(?:DEADLINE|SCHEDULED|CLOSED):))",
    re.MULTILINE | re.IGNORECASE,
)


_PLAN = re.compile(r"\b(?:DEADLINE|SCHEDULED|CLOSED):")


def org_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of an Org text; its signs are replaced by those of Markdown at the same positions."""
    for block in markdown_blocks(_ORG.sub(_as_markdown, text)):
        if (heading := _org_heading(block.heading)) == block.heading:
            yield block
        else:  # the dates of a task stand below its heading
            plan = _PLAN.search(text, block.start, block.end)
            own = Unit(block.start, plan.start() if plan else block.end, is_quotable=False)
            dates = [Unit(plan.start(), block.end)] if plan else []
            yield replace(block, heading=heading, units=(own, *dates))


def _as_markdown(match: re.Match[str]) -> str:
    whole = match[0]
    if match["stars"]:
        return ("#" * min(len(whole), 6)).ljust(len(whole))
    if match["fence"]:
        return whole[: len(whole) - len(whole.lstrip())] + "```".ljust(len(whole.lstrip()))
    if match["plan"]:
        return " " * len(whole)
    if match["rule"]:
        return whole.replace("+", "|")
    return re.sub(r"[^\n]", " ", whole)


def _org_heading(heading: str) -> str:
    heading = re.sub(r"\s+:[\w@#%:]+:$", "", _PLAN.split(heading)[0].rstrip())
    return re.sub(r"^(?:TODO|DONE|NEXT|WAITING|CANCELLED)\s+(?:\[#\w\]\s+)?", "", heading)
