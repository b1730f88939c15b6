"""The newest replies of a thread, of which Slack tells from its beginning: all is read, in few large pages."""

from collections import deque
from typing import Any, TypeAlias

import structlog

from adapters.slack.api import Api

log = structlog.get_logger(__name__)

Json: TypeAlias = dict[str, Any]

_PAGE = 1_000
"""The most that Slack gives at once; a thread of a few replies is one small answer all the same."""

_CALLS = 20
"""At most for one thread, of the fifty a minute that Slack allows."""


class Replies:
    """Reads threads."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def newest(
        self, channel: str, root: str, limit: int, *, since: str = "", before: str = "", **asked: str
    ) -> list[Json]:
        """The newest `limit` messages of a thread between two times, oldest first. Raises SlackRefused.

        Of more than 20,000 the oldest 20,000 are looked at, which the log says. What the thread hangs on is always
        told and comes first, where there is room for it.
        """
        bounds = {"oldest": since or None, "latest": before or None}
        kept: deque[Json] = deque(maxlen=limit)
        cursor = None
        for _ in range(_CALLS):
            answer = await self._api.read(
                "conversations.replies", channel=channel, ts=root, limit=_PAGE, cursor=cursor, **bounds, **asked
            )
            kept.extend(answer.get("messages") or ())
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return list(kept)
        log.warning("thread too long to be read to its end", channel=channel, thread=root)
        return list(kept)
