"""Language models of one megabyte, made on the spot: GGUF files that a real Ollama server loads and runs.

The last token alone decides the next one: a llama whose one layer adds nothing, whose embedding is the unit matrix,
and whose output matrix is a table of what follows what. So a test chooses the very words that a real server writes:

    save(path, after(ASSISTANT, ["Paris", " is", " it."]))
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase

import numpy as np
from gguf import GGUFWriter, LlamaFileType, PoolingType, TokenType

END, ASSISTANT, THINK, ANSWER = "<|end|>", "<|assistant|>", "<think>", "</think>"
_MARKS = (END, "<|system|>", "<|user|>", ASSISTANT)
_TAGS = (THINK, ANSWER)  # unlike marks they are written out when a model generates them
_ALPHABET = ascii_lowercase + '"""12'  # the quotation mark ends a text of JSON, so it has a good chance
_WIDTH, _INSIDE, _CERTAIN = 384, 8, 2.0  # inside: of a layer that does nothing; certain: e^39 to one
_SIZES = {
    "context_length": 32_768,
    "embedding_length": _WIDTH,
    "vocab_size": _WIDTH,
    "block_count": 1,
    "attention.head_count": 1,
    "attention.head_count_kv": 1,
    "attention.key_length": _INSIDE,
    "attention.value_length": _INSIDE,
    "rope.dimension_count": _INSIDE,
}

_ROLE, _TEXT = "{{ range .Messages }}<|{{ .Role }}|>", "{{ .Content }}<|end|>{{ end }}<|assistant|>"
_THOUGHTS = "{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}"  # by this the server knows that it thinks
CHAT = _ROLE + _TEXT
THINKING_CHAT = _ROLE + _THOUGHTS + _TEXT + "{{ if and $.IsThinkSet (not $.Think) }}<think></think>{{ end }}"

Table = dict[str, str]  # what follows a token


def after(start: str, words: Sequence[str], then: str = END) -> Table:
    """The words one after the other, each used once only, then the end, or any token to go on from."""
    assert len(set(words)) == len(words), "the last token alone decides what follows it"
    return dict(pairwise([start, *words, then]))


def save(path: Path, table: Table, *, embeds: bool = False, work: int = _INSIDE) -> Path:
    """Write the model. A token that the table does not name is followed by a letter or a quotation mark, at random.

    With `embeds` it says that it makes vectors of texts and writes none. `work`: 8 gives some 5,000 tokens a second.
    """
    writer = GGUFWriter(path, "llama")
    writer.add_file_type(LlamaFileType.ALL_F32)
    writer.add_layer_norm_rms_eps(1e-5)
    for name, size in _SIZES.items():
        writer.add_uint32(f"llama.{name}", size)
    writer.add_feed_forward_length(work)
    if embeds:
        writer.add_pooling_type(PoolingType.MEAN)
    tokens = _vocabulary(table)
    _add_tokenizer(writer, tokens)
    for name, tensor in _tensors(tokens, table, work).items():
        writer.add_tensor(f"{name}.weight", tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _vocabulary(table: Table) -> list[str]:
    """Marks, tags, the 256 bytes, the words of the table; what is left has no meaning and is never written."""
    tokens = [*_MARKS, *_TAGS, *(_printed(bytes([n])) for n in range(256))]
    tokens += [word for word in dict.fromkeys(map(_stored, [*table, *table.values()])) if word not in tokens]
    assert len(tokens) <= _WIDTH, "each token has a dimension of its own"
    return tokens + [f"unused{n}" for n in range(_WIDTH - len(tokens))]


def _add_tokenizer(writer: GGUFWriter, tokens: Sequence[str]) -> None:
    kinds = [TokenType.CONTROL] * len(_MARKS) + [TokenType.USER_DEFINED] * len(_TAGS)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([*kinds, *[TokenType.NORMAL] * (len(tokens) - len(kinds))])
    writer.add_token_merges(["\u0120 t"])  # it must have one; none of ours, so that a prompt is read byte by byte
    writer.add_bos_token_id(tokens.index(END))
    writer.add_eos_token_id(tokens.index(END))
    writer.add_add_bos_token(False)


def _tensors(tokens: Sequence[str], table: Table, work: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(7)
    place = {token: n for n, token in enumerate(tokens)}
    follows = np.full((_WIDTH, _WIDTH), -1.0)
    follows[[place[letter] for letter in _ALPHABET]] = draw.normal(0, 0.01, (len(_ALPHABET), _WIDTH))
    for token, follower in table.items():
        follows[place[_stored(follower)], place[_stored(token)]] = _CERTAIN
    norm, inward, outward = np.ones(_WIDTH), draw.normal(0, 0.02, (_INSIDE, _WIDTH)), np.zeros((_WIDTH, _INSIDE))
    wide = draw.normal(0, 0.02, (work, _WIDTH))
    layer = {"attn_norm": norm, "attn_output": outward, "ffn_norm": norm, "ffn_down": np.zeros((_WIDTH, work))}
    layer |= dict.fromkeys(("attn_q", "attn_k", "attn_v"), inward) | dict.fromkeys(("ffn_gate", "ffn_up"), wide)
    whole = {"token_embd": np.eye(_WIDTH), "output_norm": norm, "output": follows}
    return whole | {f"blk.0.{name}": tensor for name, tensor in layer.items()}


def _stored(token: str) -> str:
    return token if token in {*_MARKS, *_TAGS} else _printed(token.encode())


def _printed(data: bytes) -> str:
    """Bytes as GPT-2's vocabulary shows them: those that print as themselves, the others from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = {byte: chr(0x100 + n) for n, byte in enumerate(b for b in range(256) if b not in plain)}
    return "".join(others.get(byte, chr(byte)) for byte in data)
