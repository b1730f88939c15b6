"""Secrets that stand in files of their own, as containers and service managers hand them over: NAME_FILE=path.

Light on purpose: it is read before anything tells what else has to be loaded.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.errors import StartError

SUFFIX = "_FILE"
_MOST_BYTES = 64 * 1024


def read_secret_files(names: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """The secrets that `given` names by file, by setting (in lower case); the space around them is taken off.

    Raises StartError, naming the variable, for one that is given twice, or whose file is not one with text in it.
    """
    return {name.lower(): _read(name, path) for name in names if (path := _path(name, given))}


def _path(name: str, given: Mapping[str, str]) -> str | None:
    path = given.get(name + SUFFIX)
    if path and given.get(name):
        raise StartError(f"{name} and {name}{SUFFIX} are both set. Remove one of them.")
    return path


def _read(name: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        secret = content.decode("utf-8-sig").strip()
    except OSError as error:
        raise StartError(f"{name}{SUFFIX} names {path}, which can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise StartError(f"{name}{SUFFIX} names {path}, which is not text.") from error
    if not secret or len(content) > _MOST_BYTES:
        held = "is empty" if not secret else "is too large for a secret"
        raise StartError(f"{name}{SUFFIX} names {path}, which {held}.")
    return secret
