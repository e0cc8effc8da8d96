"""Make a prompt fit the context window of a model: estimate tokens, divide the window, shorten texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import LanguageModelError
from engine.model.client import LanguageModel, Listeners, Prompt, Reply
from engine.model.faults import PromptTooLongError
from engine.text.sentences import sentence_spans

_MARGIN = 192  # tokens for the chat template around our two messages, and for the fence
_LEAST = 60  # tokens; a shorter part of a passage is left out
_CUT = " …"
_HALVINGS = 2  # of the evidence, if the server counts more tokens than were estimated


@dataclass(frozen=True, slots=True)
class Fitted:
    """The blocks that fit, by number, and how many were shortened or left out."""

    blocks: Mapping[int, str]
    shortened: int
    left_out: int

    @property
    def notice(self) -> str:
        """What was shortened and left out, in words; empty if nothing was."""
        cuts = [(self.shortened, "shortened"), (self.left_out, "left out")]
        return " and ".join(f"{count} {how}" for count, how in cuts if count)


async def ask_within_window(
    model: LanguageModel,
    blocks: Sequence[str],
    fixed_text: str,
    prompt: Callable[[Mapping[int, str]], Prompt],
    listeners: Listeners,
) -> Reply:
    """Ask with a prompt of the blocks that fit beside `fixed_text`; if the server refuses it as too long, with half."""
    answer = model.settings.max_tokens + model.thought_tokens
    room = model.window - answer - _MARGIN - estimate_tokens(fixed_text)
    fitted = fit(blocks, room)
    if not fitted.blocks:
        hint = "raise num_ctx or lower max_tokens in configs/ollama.yaml"
        raise LanguageModelError(f"no passage fits into a window of {model.window} tokens", hint=hint)
    window = f"the window ({model.window} tokens)"
    _notify(fitted, len(blocks), window, listeners)
    for _ in range(_HALVINGS):
        try:
            return await model.chat(prompt(fitted.blocks), listeners)
        except PromptTooLongError:
            used = sum(map(estimate_tokens, fitted.blocks.values()))
            fitted = fit(blocks, used // 2)
            if not fitted.blocks:
                raise
        _notify(fitted, len(blocks), f"{window}, for {model.name} counts more of them than were expected", listeners)
    return await model.chat(prompt(fitted.blocks), listeners)


def _notify(fitted: Fitted, count: int, window: str, listeners: Listeners) -> None:
    if fitted.notice:
        listeners.on_notice(f"of {count} passages {fitted.notice} to fit {window}")


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text, rather too high: three bytes of UTF-8 a token, enough for most scripts."""
    return -(-len(text.encode(errors="replace")) // 3)


def fit(blocks: Sequence[str], room: int) -> Fitted:
    """Divide `room` tokens among the blocks.

    Each gets an equal share; what short blocks do not need goes to long ones, which are cut at the end of a sentence.
    If the shares would be too small, the last blocks are left out.
    """
    needs = [estimate_tokens(block) + 1 for block in blocks]
    for count in range(len(blocks), 0, -1):
        shares = _shares(needs[:count], room)
        if all(share >= min(need, _LEAST) for share, need in zip(shares, needs, strict=False)):
            fitting = {n: shortened(blocks[n], share - 1) for n, share in enumerate(shares)}
            cut = sum(fitting[n] != blocks[n] for n in fitting)
            return Fitted(fitting, cut, len(blocks) - count)
    return Fitted({}, 0, len(blocks))


def _shares(needs: Sequence[int], room: int) -> list[int]:
    shares, available = [0] * len(needs), max(0, room)
    for done, n in enumerate(sorted(range(len(needs)), key=lambda n: needs[n])):
        shares[n] = min(needs[n], available // (len(needs) - done))
        available -= shares[n]
    return shares


def shortened(text: str, tokens: int) -> str:
    """Cut `text` to so many estimated tokens, at the end of a sentence or else of a word, and mark the cut."""
    if estimate_tokens(text) <= tokens:
        return text
    start = text.encode(errors="replace")[: max(0, 3 * tokens - len(_CUT.encode()))].decode(errors="ignore")
    ends = [end for _, end in sentence_spans(text) if end <= len(start)]
    end = max(ends, default=0) or start.rfind(" ")
    return (start[:end] if end > 0 else start) + _CUT
