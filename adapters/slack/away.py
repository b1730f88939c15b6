"""What was said while we were away: Slack gives up on an event after five minutes, its history does not."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog

from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused
from adapters.slack.hearing import Hearing
from adapters.slack.inbound import PLATFORM, kind_of, says_something
from adapters.slack.past import until_now
from adapters.slack.replies import Replies
from bot.messages import Inbound, PersonKind, Place, PlaceKind

log = structlog.get_logger(__name__)

_CHANNELS = 200
_THREADS = 30
_PAGES = 5
_ACTIVE = 3 * 24 * 3600.0
"""Seconds; replies are looked for below messages no older than that when we went away."""


class Away:
    """Reads places as if their messages came in now. `tell` is told when there may be something to read."""

    def __init__(self, api: Api, hearing: Hearing, now: Callable[[], float]) -> None:
        self._api = api
        self._now = now
        self._replies = Replies(api)
        self._hearing = hearing
        self._owed = False
        self._tell: Callable[[], None] | None = None

    @property
    def tell(self) -> Callable[[], None] | None:
        """Whom to tell."""
        return self._tell

    @tell.setter
    def tell(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        if self._owed:
            tell()

    def missed(self) -> None:
        """Something may have been said that we were not told of."""
        if self._tell is not None:
            self._tell()
        else:
            self._owed = True

    async def places_since(self, since: float, known: Sequence[Place]) -> Sequence[Place]:
        """The channels we are in, and those direct messages that are known or that Slack lists."""
        us = await self._api.us()
        answer = await self._api.read(
            "users.conversations",
            types="public_channel,private_channel,mpim,im",
            exclude_archived="true",
            limit=_CHANNELS,
        )
        channels = dict.fromkeys(str(one["id"]) for one in answer.get("channels", ()))
        channels.update(dict.fromkeys(place.channel for place in known))
        return [
            Place(PLATFORM, us.team, one, None, PlaceKind.DM if one.startswith("D") else PlaceKind.CHANNEL)
            for one in channels
        ]

    async def said_since(self, place: Place, since: float, limit: int) -> Sequence[Inbound]:
        """What people said there and in the threads that hung on recent messages, oldest first."""
        us = await self._api.us()
        try:
            roots = await self._roots(place.channel, since)
        except SlackRefused as error:
            if error.failure.kind.passes:
                raise
            log.info("nothing to read here", place=place.key, code=error.code)
            return ()
        messages = [one for one in roots if float(one["ts"]) > since]
        busy = [one for one in roots if float(one.get("latest_reply") or 0) > since][:_THREADS]
        for root in busy:
            messages += await self._said_below(place.channel, str(root["ts"]), since, limit)
        messages.sort(key=lambda one: str(one["ts"]))
        found: list[Inbound] = []
        for message in messages[-limit:]:
            if says_something(message) and kind_of(message, us) is PersonKind.HUMAN:
                heard = await self._hearing.said(message, place.channel, us)
                if heard is not None:
                    found.append(heard)
        return found

    async def _roots(self, channel: str, since: float) -> list[dict[str, Any]]:
        asked = {"channel": channel, "oldest": f"{since - _ACTIVE:.6f}", "latest": until_now(self._now())}
        found: list[dict[str, Any]] = []
        cursor = None
        for _ in range(_PAGES):
            answer = await self._api.read("conversations.history", limit=200, cursor=cursor, **asked)
            found += answer.get("messages", ())
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return found

    async def _said_below(self, channel: str, root: str, since: float, limit: int) -> list[dict[str, Any]]:
        replies = await self._replies.newest(channel, root, limit, since=f"{since:.6f}")
        return [one for one in replies if one.get("ts") != root]
