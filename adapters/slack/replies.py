"""The newest replies of a thread, however long it is, though Slack tells of a thread from its beginning."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from adapters.slack.api import Api

Json: TypeAlias = dict[str, Any]

_PAGE = 200
_CALLS = 12
"""At most for one thread, of the fifty a minute that Slack allows."""

_FEWER = 8.0
"""By how much the next stretch of time is shorter where one held more than a page, longer where it held less."""


class Replies:
    """Reads threads. `now` tells seconds since the epoch."""

    def __init__(self, api: Api, now: Callable[[], float]) -> None:
        self._api = api
        self._now = now

    async def newest(
        self, channel: str, root: str, limit: int, *, since: str = "", before: str = "", **asked: str
    ) -> list[Json]:
        """The newest replies between two times, oldest first and without a gap; of a short thread, all of it.

        They are `limit` or more, where there are so many. Raises SlackRefused.

        A short thread is one call. In a long one stretches of time are read from its end, shorter ones where they
        hold more than a page: what a page holds then are the oldest of its stretch.
        """
        asked |= {"channel": channel, "ts": root}
        page, whole = await self._page(since, before, **asked)
        if whole:
            return page
        end = float(before or page[0].get("latest_reply") or 0) or self._now()
        head, tail = _replies(page, root), list[Json]()
        begins, ends = _last(head), end
        stretch = ends - begins
        for _ in range(_CALLS):
            start = max(begins, ends - stretch)
            page, whole = await self._page(f"{start:.6f}", before if ends == end else f"{ends:.6f}", **asked)
            if not whole:
                head = _replies(page, root)
                begins = _last(head)
                stretch = (ends - begins) / _FEWER
                continue
            tail = _joined(_replies(page, root), tail)
            if start == begins:
                return _joined(head, tail)
            if len(tail) >= limit:
                return tail
            ends, stretch = start, stretch * _FEWER
        return tail or head

    async def _page(self, since: str, before: str, **asked: str) -> tuple[list[Json], bool]:
        """The oldest messages of a stretch, its ends among them, and whether these are all."""
        bounds = {"oldest": since or None, "latest": before or None, "inclusive": "true"}
        answer = await self._api.read("conversations.replies", limit=_PAGE, **bounds, **asked)
        more = (answer.get("response_metadata") or {}).get("next_cursor") or answer.get("has_more")
        messages: list[Json] = answer.get("messages") or []
        return messages, not more


def _replies(page: Iterable[Json], root: str) -> list[Json]:
    return [one for one in page if one["ts"] != root]


def _last(page: list[Json]) -> float:
    return float(page[-1]["ts"]) if page else 0.0


def _joined(older: Iterable[Json], newer: Iterable[Json]) -> list[Json]:
    return list({one["ts"]: one for one in (*older, *newer)}.values())
