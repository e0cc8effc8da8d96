"""Make untrusted text safe in a prompt: it can neither leave its block nor imitate a mark, a tag or a turn."""

import re
from collections.abc import Sequence
from hashlib import blake2b

from engine.text.safe import one_line

# Control tokens of models: `<|im_start|>`, `</s>`, `<start_of_turn>`, `<think>`; `[INST]`; and our marks, `[3]`.
# A server's tokenizer recognises such tokens in the text of a message, too.
_TAG = re.compile(r"<([^<>\s]{1,60})>")
_BRACKETED = re.compile(r"\[(/?[A-Z][A-Z_]+|\d[\d,\s]*)\]")


def disarmed(text: str) -> str:
    """Return `text` as one line without tags of chat templates and without marks `[n]`."""
    line = one_line(text)
    while (replaced := _BRACKETED.sub(r"(\1)", _TAG.sub("\u2039\\1\u203a", line))) != line:  # they may be nested
        line = replaced
    return line


def fenced(name: str, blocks: Sequence[str]) -> str:
    """Put blocks between two lines that none of them can contain, because the lines are a hash of all blocks."""
    body = "\n\n".join(blocks)
    line = f"====={blake2b(body.encode(errors='replace'), digest_size=6).hexdigest()}====="
    return f"{name}, between the two lines {line}\n\n{line}\n\n{body}\n\n{line}"
