"""Wait for changes of the files in folders."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from engine.documents.identity import is_under
from engine.errors import LibraryError


async def changed_roots(roots: Sequence[str]) -> AsyncIterator[list[Path]]:
    """Yield those of the folders and files `roots` in which something changed, each time that something did.

    Each of them must exist.
    Changes that follow each other closely come together. Raises LibraryError if the system cannot watch so much.
    """
    import watchfiles  # noqa: PLC0415 - 20 ms that only a session of some length needs

    try:
        async for changes in watchfiles.awatch(*roots, ignore_permission_denied=True):
            names = [name for _, name in changes]
            yield [Path(root) for root in roots if any(is_under(name, root) for name in names)]
    except (OSError, RuntimeError) as error:  # the limit of inotify, a folder deleted meanwhile
        hint = "a new start reads changed files too; on Linux, fs.inotify.max_user_watches limits the folders"
        raise LibraryError(f"folders cannot be watched: {error}", hint=hint) from error
