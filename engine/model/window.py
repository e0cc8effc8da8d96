"""Make a prompt fit the context window of a model: estimate tokens, share the room, shorten texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import LanguageModelError
from engine.model.client import LanguageModel, Listeners, Prompt, Reply
from engine.model.faults import PromptTooLongError
from engine.text.sentences import sentence_spans

_MARGIN = 192  # tokens for the chat template around our two messages, and for the fence


_LEAST = 60  # tokens; less of a passage is not worth its place


_CUT = " …"


_HALVINGS = 2  # of the evidence, where the server counts more tokens than were estimated


@dataclass(frozen=True, slots=True)
class Fitted:
    """The blocks that fit, by number; so many are `shortened`, so many were `left_out`."""

    blocks: Mapping[int, str]
    shortened: int
    left_out: int

    @property
    def notice(self) -> str:
        """What was cut, in words; empty if nothing was."""
        cuts = [(self.shortened, "shortened"), (self.left_out, "left out")]
        return " and ".join(f"{count} {how}" for count, how in cuts if count)


async def ask_within_window(
    model: LanguageModel,
    blocks: Sequence[str],
    around: str,
    prompt: Callable[[Mapping[int, str]], Prompt],
    listeners: Listeners,
) -> Reply:
    """Ask what `prompt` makes of the blocks that fit beside `around`; with half of them, and half again, if need be."""
    answer = model.settings.max_tokens + model.thought_tokens
    room = model.window - answer - _MARGIN - estimate_tokens(around)
    fitted = fit(blocks, room)
    if not fitted.blocks:
        hint = "raise num_ctx or lower max_tokens in configs/ollama.yaml"
        raise LanguageModelError(f"no passage fits into a window of {model.window} tokens", hint=hint)
    room_for = f"the window ({model.window} tokens)"
    _tell(fitted, len(blocks), room_for, listeners)
    for _ in range(_HALVINGS):
        try:
            return await model.chat(prompt(fitted.blocks), listeners)
        except PromptTooLongError:
            used = sum(map(estimate_tokens, fitted.blocks.values()))
            fitted = fit(blocks, used // 2)
            if not fitted.blocks:
                raise
        _tell(fitted, len(blocks), f"{room_for}, for {model.name} counts more of them than were expected", listeners)
    return await model.chat(prompt(fitted.blocks), listeners)


def _tell(fitted: Fitted, count: int, room_for: str, listeners: Listeners) -> None:
    if fitted.notice:
        listeners.on_notice(f"of {count} passages {fitted.notice} to fit {room_for}")


def estimate_tokens(text: str) -> int:
    """Estimate high: three bytes of UTF-8 a token, which holds for most scripts."""
    return -(-len(text.encode(errors="replace")) // 3)


def fit(blocks: Sequence[str], room: int) -> Fitted:
    """Share `room` tokens between the blocks, first ones first.

    Each gets an equal share, and what a short one leaves goes to the long ones; they are cut at the end of a
    sentence. Where the shares would be too small to be worth it, the last blocks are left out.
    """
    needs = [estimate_tokens(block) + 1 for block in blocks]
    for count in range(len(blocks), 0, -1):
        shares = _shares(needs[:count], room)
        if all(share >= min(need, _LEAST) for share, need in zip(shares, needs, strict=False)):
            kept = {n: shortened(blocks[n], share - 1) for n, share in enumerate(shares)}
            cut = sum(kept[n] != blocks[n] for n in kept)
            return Fitted(kept, cut, len(blocks) - count)
    return Fitted({}, 0, len(blocks))


def _shares(needs: Sequence[int], room: int) -> list[int]:
    shares, left = [0] * len(needs), max(0, room)
    for done, n in enumerate(sorted(range(len(needs)), key=lambda n: needs[n])):
        shares[n] = min(needs[n], left // (len(needs) - done))
        left -= shares[n]
    return shares


def shortened(text: str, tokens: int) -> str:
    """`text` in at most so many estimated tokens: cut at the end of a sentence, else of a word, with a sign of it."""
    if estimate_tokens(text) <= tokens:
        return text
    kept = text.encode(errors="replace")[: max(0, 3 * tokens - len(_CUT.encode()))].decode(errors="ignore")
    ends = [end for _, end in sentence_spans(text) if end <= len(kept)]
    end = max(ends, default=0) or kept.rfind(" ")
    return (kept[:end] if end > 0 else kept) + _CUT
