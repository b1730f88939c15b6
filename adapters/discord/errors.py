"""Discord's refusals as the core understands them."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.errors import PlatformError
from bot.messages import Failure, FailureKind

TOO_MANY_OLD_EDITS = 30046
ACKNOWLEDGED = 40060
THREAD_ARCHIVED = 50083
NO_HISTORY_TO_REPLY = 160002
THREAD_EXISTS = 160004

_BAN_SECONDS = 60.0
"""How long to be quiet when an answer looks like Cloudflare's ban and names no time."""


class Refusal(PlatformError):
    """Discord said no, or nothing. `code` is its own number for the reason, 0 where it gave none."""

    def __init__(
        self, failure: Failure, detail: str, *, status: int = 0, code: int = 0, unsent: bool = False
    ) -> None:
        super().__init__(failure, detail)
        self.status = status
        self.code = code
        self.unsure = failure.kind is FailureKind.TRANSIENT and not unsent
        """Whether it may have been done all the same."""


def not_found(detail: str) -> Refusal:
    """What was named can't exist."""
    return Refusal(Failure(FailureKind.NOT_FOUND), detail, status=404)


def no_answer(error: Exception) -> Refusal:
    """The connection broke or nothing came in time: nobody knows whether it was done, unless there was none."""
    unsent = isinstance(error, aiohttp.ClientConnectorError)
    return Refusal(Failure(FailureKind.TRANSIENT), type(error).__name__, unsent=unsent)


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> Refusal:
    """What an answer with an error means. Its text is Discord's and names no words of people's."""
    told = body if isinstance(body, dict) else {}
    code = told.get("code") if isinstance(told.get("code"), int) else 0
    wait = _retry_after(told, headers) if status == 429 else None
    return Refusal(
        Failure(_kind(status, code or 0), wait),
        f"{status} {code} {told.get('message')}",
        status=status,
        code=code or 0,
    )


def _kind(status: int, code: int) -> FailureKind:
    if code == TOO_MANY_OLD_EDITS:
        return FailureKind.UNEDITABLE
    if status == 429:
        return FailureKind.RATE_LIMIT
    if status >= 500:
        return FailureKind.TRANSIENT
    if status in (401, 403):
        return FailureKind.FORBIDDEN
    if status == 404:
        return FailureKind.NOT_FOUND
    return FailureKind.UNEDITABLE if code == THREAD_ARCHIVED else FailureKind.INVALID


def _retry_after(told: Mapping[str, Any], headers: Mapping[str, str]) -> float:
    for value in (told.get("retry_after"), headers.get("Retry-After")):
        try:
            return max(0.0, float(value)) if value is not None else _BAN_SECONDS
        except (TypeError, ValueError):
            continue
    return _BAN_SECONDS
