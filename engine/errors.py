"""The exceptions of the application, in one tree.

    PersonaMoeError
    ├── InputError              the input cannot be used                   (exit 2)
    │   ├── SettingsError       a file in configs/
    │   ├── PersonaError        a persona file, id or state
    │   ├── DocumentError       a document or data set
    │   └── UnknownRunError     a run id that the history does not hold
    └── OperationError          the operation failed                       (exit 1)
        ├── LibraryError        the search index
        ├── StoreError          history, ledger or graph snapshots
        └── LanguageModelError  a model server

Every message says what failed and where; `hint` says what is valid or what to do next.
"""


class PersonaMoeError(Exception):
    """Base of the errors that are shown to the user as one line, never as a traceback."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InputError(PersonaMoeError):
    """The input cannot be used; nothing was changed."""

    exit_code = 2


class SettingsError(InputError):
    """A configuration file has an unknown key or a bad value."""


class PersonaError(InputError):
    """A persona file, its id or its state is not valid."""


class DocumentError(InputError):
    """A document or a data set cannot be read; the ingest lists it and goes on."""


class UnknownRunError(InputError):
    """The history has no run with this id."""


class OperationError(PersonaMoeError):
    """The operation failed."""


class LibraryError(OperationError):
    """The search index is damaged, locked or cannot be written."""


class StoreError(OperationError):
    """History, ledger or graph snapshots cannot be read or written."""


class LanguageModelError(OperationError):
    """A model server failed; `retryable` tells whether a retry may help."""

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
