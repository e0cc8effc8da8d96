"""Turn every failure of a model server into one LanguageModelError: a clean line with a hint what to do next.

The exceptions of the package `ollama` (0.6.3) were collected by experiment; its messages and those of a server are
untrusted text.
"""

import re

from engine.errors import LanguageModelError

_LONGEST_LINE = 200  # characters of a server's message

_FORBIDDEN = re.compile("[\x00-\x08\x0d-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_LINE_BREAK = re.compile("\r\n|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")

# Parts of a server's message that say more than its status, with a hint for each.
_HINTS = {
    "does not support thinking": "set think to false in configs/ollama.yaml",
    "does not support chat": "this model does not write text: choose another model_name in configs/ollama.yaml",
    "invalid JSON schema": "this Ollama does not read our schema: update it, or set persona_outputs to false",
    "dial tcp": "the server cannot reach the registry of models: is it online?",
    "file does not exist": "is the name right? https://ollama.com/library lists what there is",
    "invalid model name": "a name such as qwen3:4b",
    "exceeds file size": "the model's file is damaged: `ollama rm` it and pull it again",
    "unable to load model": "its file is damaged or too new for this Ollama: update Ollama, or pull it again",
}


class AnswerCutShortError(LanguageModelError):
    """The answer broke off; `partial` is the text so far."""

    partial = ""


class BusyError(LanguageModelError):
    """The server refused the request because it is busy or loading; asking again soon is safe."""


class UnreachableError(LanguageModelError):
    """The connection failed: refused, no such host, or no route to it."""


class SilentError(LanguageModelError):
    """The server sent nothing for too long; asking again would take as long."""


class PromptTooLongError(LanguageModelError):
    """The prompt has more tokens than the window, as the server counts."""


def clean(text: str) -> str:
    """Remove control and text-direction characters; make every line break a newline."""
    return _SURROGATE.sub("\ufffd", _FORBIDDEN.sub("", _LINE_BREAK.sub("\n", text)))


def cleaned_line(text: object) -> str:
    """Return a server's message as one line of bounded length."""
    line = " ".join(clean(str(text)).split())
    return f"{line[:_LONGEST_LINE]}..." if len(line) > _LONGEST_LINE else line or "no reason given"


def is_of_server(error: Exception) -> bool:
    """Tell whether an error would meet the next request, too: the server is busy, silent or out of reach."""
    return isinstance(error, (BusyError, UnreachableError, SilentError))


def failures() -> tuple[type[Exception], ...]:
    """Return the exceptions that the package raises for a faulty or missing server."""
    import httpx  # noqa: PLC0415
    import ollama  # noqa: PLC0415

    return (ollama.ResponseError, httpx.HTTPError, OSError, ValueError, TypeError, AttributeError)


def explain(error: Exception, endpoint: str, model: str) -> LanguageModelError:
    """Translate one of `failures()`; `model` may be empty."""
    import httpx  # noqa: PLC0415
    import ollama  # noqa: PLC0415

    reason = cleaned_line(error)
    if isinstance(error, ollama.ResponseError):
        return _explain_status(error.status_code, cleaned_line(error.error), endpoint, model)
    if isinstance(error, (ConnectionError, httpx.ConnectError)):
        reason = cleaned_line(error.__context__ or error)  # the package hides why, and TLS fails here too
        hint = "is `ollama serve` running?"
        return UnreachableError(f"{endpoint} cannot be reached: {reason}", hint=hint, retryable=True)
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        hint = "it may be loading: raise timeout_seconds in configs/ollama.yaml; or it hangs: restart it"
        return SilentError(f"{endpoint} was silent for too long", hint=hint, retryable=True)
    if isinstance(error, (httpx.HTTPError, OSError)):
        return LanguageModelError(f"{endpoint} broke the connection: {reason}", hint="ask again", retryable=True)
    message = f"{endpoint} does not speak Ollama's protocol: {reason}"
    return LanguageModelError(message, hint="is this the address of an Ollama server?")


def _explain_status(status: int, reason: str, endpoint: str, model: str) -> LanguageModelError:
    message = f"{endpoint} answered{f' {status}' if status > 0 else ''}: {reason}"
    if status in {429, 503}:
        return BusyError(message, hint="the server is busy or loading, ask again", retryable=True)
    for words, hint in _HINTS.items():
        if words in reason:
            return LanguageModelError(message, hint=hint)
    if not 0 < status < 500:  # noqa: PLR2004 - the server's own fault; -1 is an error inside a reply
        hint = "the server's log tells more; a smaller model or num_ctx needs less memory"
        return LanguageModelError(message, hint=hint, retryable=True)
    hints = {
        400: "choose another model_name in configs/ollama.yaml",
        401: "the server wants the key in OLLAMA_API_KEY",
        403: "the server wants the key in OLLAMA_API_KEY",
        404: f"`persona-moe models pull {model}`" if model else "is this the address of an Ollama server?",
    }
    if "context" in reason:
        return PromptTooLongError(message, hint="raise num_ctx in configs/ollama.yaml, if the model has more")
    return LanguageModelError(message, hint=hints.get(status, "is this the address of an Ollama server?"))
