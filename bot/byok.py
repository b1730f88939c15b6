"""Providers' own credentials, which go through the gateway to them: the file that BYOK_FILE names.

A JSON object: under each provider's name a list of credentials that are tried in order, each an object as the
gateway documents it for that provider.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.errors import StartError

_PROVIDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MOST_BYTES = 256 * 1024
_SHORTEST_SECRET = 8


def read_byok(file: Path) -> Mapping[str, Any]:
    """The credentials by provider. Raises StartError with one sentence that repeats nothing of the file."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MOST_BYTES + 1)
        held = json.loads(raw)
    except OSError as error:
        raise StartError(f"BYOK_FILE names {file}, which can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise StartError(f"BYOK_FILE names {file}, which is not JSON.") from error.with_traceback(None)
    if len(raw) > _MOST_BYTES or not isinstance(held, dict) or not held:
        raise StartError(f"BYOK_FILE names {file}, which has to hold an object with a name for each provider.")
    for provider, credentials in held.items():
        _check(file, provider, credentials)
    return held


def secrets_in(byok: object) -> Iterator[str]:
    """Every text in it that is long enough to be a secret; keys are names, not secrets."""
    if isinstance(byok, str) and len(byok) >= _SHORTEST_SECRET:
        yield byok
    elif isinstance(byok, Mapping):
        for value in byok.values():
            yield from secrets_in(value)
    elif isinstance(byok, list):
        for value in byok:
            yield from secrets_in(value)


def _check(file: Path, provider: str, credentials: object) -> None:
    if not _PROVIDER.fullmatch(provider):
        raise StartError(f"BYOK_FILE names {file}, which holds something that is no provider's name.")
    fit = isinstance(credentials, list) and credentials and all(isinstance(c, dict) and c for c in credentials)
    if not fit:
        raise StartError(f"BYOK_FILE names {file}, in which {provider} has to be a list of objects.")
