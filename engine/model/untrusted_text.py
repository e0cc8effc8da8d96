"""Words of others inside a prompt: they can neither leave their place nor pass for a mark, a tag or a turn."""

import re
from collections.abc import Sequence
from hashlib import blake2b

from engine.text.safe import one_line

# What models read as their own: `<|im_start|>`, `</s>`, `<start_of_turn>`, `<think>`; `[INST]`; and our marks, `[3]`.
# A server's tokenizer finds such tokens in the text of a message, too.
_TAG = re.compile(r"<([^<>\s]{1,60})>")
_BRACKETED = re.compile(r"\[(/?[A-Z][A-Z_]+|\d[\d,\s]*)\]")


def disarmed(text: str) -> str:
    """`text` as one line in which nothing reads as a tag of a chat template or as one of our marks."""
    line = one_line(text)
    while (calmer := _BRACKETED.sub(r"(\1)", _TAG.sub("\u2039\\1\u203a", line))) != line:  # one may hold another
        line = calmer
    return line


def fenced(name: str, blocks: Sequence[str]) -> str:
    """These blocks between two lines that no text in them can hold, for they are a hash of it all."""
    body = "\n\n".join(blocks)
    line = f"====={blake2b(body.encode(errors='replace'), digest_size=6).hexdigest()}====="
    return f"{name}, between the two lines {line}\n\n{line}\n\n{body}\n\n{line}"
