"""The connection of a session to its language model: made at the first question, kept for the next ones."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import LanguageModelError

if TYPE_CHECKING:
    from engine.model.client import LanguageModel
    from engine.settings.settings import Settings

_NO_MODEL = "none"


class ModelConnection:
    """Connects to the model `name`, or without one to the configured; "none" connects to no model."""

    def __init__(self, settings: Callable[[], "Settings"], name: str | None = None) -> None:
        self._settings, self._name = settings, name
        self._model: LanguageModel | None = None
        self._replaced: list[LanguageModel] = []  # a run may still use them

    @property
    def is_wanted(self) -> bool:
        """Whether a model is looked for at all."""
        return self._wanted_name != _NO_MODEL

    @property
    def _wanted_name(self) -> str:
        return self._name or self._settings().ollama.model_name

    async def connect(self) -> "tuple[LanguageModel | None, tuple[str, ...]]":
        """Return the model, and why there is none although one was chosen.

        Without settings of the user's it is the normal state that no server answers.
        """
        settings = self._settings()
        name = self._wanted_name
        if name == _NO_MODEL or self._model is not None:
            return self._model, ()
        from engine.model.client import connect  # noqa: PLC0415 - after the first paint
        from engine.model.hosts import NoServerError  # noqa: PLC0415 - after the first paint

        try:
            self._model = await connect(settings.ollama, name, seed=settings.system.seed)
        except NoServerError as error:
            is_default = (name, settings.ollama.endpoints) == ("auto", type(settings.ollama)().endpoints)
            return None, () if is_default else (f"no language model: {error}",)
        except LanguageModelError as error:
            return None, (f"no language model: {error}",)
        return self._model, ()

    def renew(self) -> None:
        """Connect anew at the next question."""
        if self._model is not None:
            self._replaced.append(self._model)
        self._model = None

    async def close(self) -> None:
        """Close all connections."""
        self.renew()
        models, self._replaced = self._replaced, []
        for model in models:
            await model.close()
