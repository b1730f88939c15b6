"""What was said before, and which of our posts are there: reads of a channel's or a thread's history."""

from collections.abc import Sequence
from typing import Any

from adapters.slack.api import Api
from adapters.slack.inbound import Us, kind_of, past, people_in, text_in, words_of
from adapters.slack.outbound import key_in
from adapters.slack.people import People
from bot.messages import PastMessage, Person, PersonKind, Place, PlaceKind

_PAGES = 5
_PAGE = 200
_NAMES = 30


class Past:
    """Reads history, in pages, as far as that is sensible."""

    def __init__(self, api: Api, people: People) -> None:
        self._api = api
        self._people = people

    async def before(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """At most `limit` messages before that one, oldest first. A thread begins with what it hangs on."""
        us = await self._api.us()
        raw = await self._thread(place, before) if place.thread else await self._channel(place, before, limit)
        said = [one for one in raw if one.get("subtype") != "tombstone" and (one.get("user") or one.get("bot_id"))]
        said = said[-limit:]
        named = [user for one in said for user in (str(one.get("user") or ""), *people_in(one.get("text", "")))]
        unknown = [user for user in dict.fromkeys(named) if user and user != us.user]
        await self._people.learn(unknown[:_NAMES], us.team)
        return [self._past(one, place, us) for one in said]

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

    async def _thread(self, place: Place, before: str) -> list[dict[str, Any]]:
        return await self._pages(
            "conversations.replies", channel=place.channel, ts=place.thread, latest=before, limit=_PAGE
        )

    async def _newest(self, place: Place) -> list[dict[str, Any]]:
        if place.thread is not None:
            return await self._pages(
                "conversations.replies",
                channel=place.channel,
                ts=place.thread,
                limit=_PAGE,
                include_all_metadata="true",
            )
        answer = await self._api.read(
            "conversations.history", channel=place.channel, limit=100, include_all_metadata="true"
        )
        return list(reversed(answer.get("messages", [])))

    async def _pages(self, method: str, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        for _ in range(_PAGES):
            answer = await self._api.read(method, cursor=cursor, **asked)
            found += answer.get("messages", [])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return found
