"""What was said before, and which of our posts are there: reads of a channel's history, newest first."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, TypeAlias

from adapters.slack.api import Api
from adapters.slack.inbound import Us, kind_of, past, people_in, text_in, words_of
from adapters.slack.outbound import key_in
from adapters.slack.people import People
from adapters.slack.replies import Replies
from bot.messages import PastMessage, Person, PersonKind, Place, PlaceKind

Json: TypeAlias = dict[str, Any]

_MOST_PAGES = 250
_PAGE = 200
_NEWEST = 1_000
_SILENT = 50
"""Messages read beyond what is wanted, as some are nobody's words."""

_AHEAD = 24 * 3600.0
"""Seconds by which our clock may be behind Slack's."""

_NAMES, _NAMES_OF_MANY = 30, 100


class Past:
    """Reads history, in pages, as far as that is sensible."""

    def __init__(self, api: Api, people: People) -> None:
        self._api = api
        self._people = people
        self._replies = Replies(api)

    async def before(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """At most `limit` messages before that one, oldest first. A thread begins with what it hangs on."""
        us = await self._api.us()
        if place.thread:
            raw = await self._replies.newest(place.channel, place.thread, limit + _SILENT, before=before)
        else:
            raw = await self._channel(place, before, limit)
        said = [one for one in raw if _says(one) and one["ts"] < before]
        return await self._told(said[-limit:], place, us, _NAMES)

    async def since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        """What was said from then on, the newest `limit`, oldest first."""
        us = await self._api.us()
        asked: Json = {"channel": place.channel, "limit": _PAGE}
        if since > 0:
            asked |= {"oldest": f"{since:.6f}", "latest": until_now(self._people.now()), "inclusive": "true"}
        # A channel is told from its end, a thread from its beginning: of that all has to be read.
        method, most = ("conversations.replies", _MOST_PAGES) if place.thread else ("conversations.history", 0)
        raw = await self._pages(
            method, most or ceil(limit / _PAGE), told, **asked, **({"ts": place.thread} if place.thread else {})
        )
        said = sorted((one for one in raw if _says(one) and float(one["ts"]) >= since), key=lambda one: one["ts"])
        return await self._told(said[-limit:], place, us, _NAMES_OF_MANY)

    async def posted(self, place: Place, key: str) -> tuple[str | None, str | None]:
        """The message posted with a key, or else the newest of ours that bears none: a stream that never ended."""
        us = await self._api.us()
        unclaimed = None
        for message in reversed(await self._newest(place)):
            if kind_of(message, us) is not PersonKind.SELF or message.get("subtype") == "tombstone":
                continue
            found = key_in(message)
            if found == key:
                return str(message["ts"]), None
            streamed = found is None and not message.get("files") and place.thread is not None
            if streamed and message["ts"] != place.thread and unclaimed is None:
                unclaimed = str(message["ts"])
        return None, unclaimed

    async def _told(self, said: Sequence[Json], place: Place, us: Us, most_names: int) -> Sequence[PastMessage]:
        named = [user for one in said for user in (str(one.get("user") or ""), *people_in(one.get("text", "")))]
        unknown = [user for user in dict.fromkeys(named) if user and user != us.user]
        await self._people.learn(unknown[:most_names], us.team)
        return [self._past(one, place, us) for one in said]

    def _past(self, message: dict[str, Any], place: Place, us: Us) -> PastMessage:
        user = str(message.get("user") or message.get("bot_id") or "")
        kind = kind_of(message, us)
        name = "Gatepost" if kind is PersonKind.SELF else str(message.get("username") or self._people.name(user))
        root = place.kind is PlaceKind.THREAD and message["ts"] == place.thread
        where = place.parent if root else place
        return past(message, Person(user, name, kind), where, words_of(text_in(message), us, self._people.name))

    async def _channel(self, place: Place, before: str, limit: int) -> list[dict[str, Any]]:
        answer = await self._api.read(
            "conversations.history", channel=place.channel, latest=before, limit=min(limit + 10, _PAGE)
        )
        return list(reversed(answer.get("messages", [])))

    async def _newest(self, place: Place) -> list[dict[str, Any]]:
        if place.thread is not None:
            return await self._replies.newest(place.channel, place.thread, _NEWEST, include_all_metadata="true")
        answer = await self._api.read(
            "conversations.history", channel=place.channel, limit=100, include_all_metadata="true"
        )
        return list(reversed(answer.get("messages", [])))

    async def _pages(
        self, method: str, most: int, told: Callable[[int], None] = lambda _: None, **asked: Any
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        for _ in range(most):
            answer = await self._api.read(method, cursor=cursor, **asked)
            found += answer.get("messages", [])
            told(len(found))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return found


def until_now(now: float) -> str:
    """The `latest` to an `oldest`: without one Slack begins with what is nearest to the `oldest`."""
    return f"{now + _AHEAD:.6f}"


def _says(message: Json) -> bool:
    """Whether somebody wrote it, and it is still there."""
    return message.get("subtype") != "tombstone" and bool(message.get("user") or message.get("bot_id"))
