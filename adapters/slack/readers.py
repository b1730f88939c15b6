"""Who can read a channel at this moment, and how far it reaches, asked of Slack."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused, refused
from adapters.slack.inbound import PLATFORM
from adapters.slack.people import People
from bot.messages import Audience, FailureKind, Person, Place, PlaceKind, Reach, Readable, is_called
from bot.ports import Clock

FRESH, PERSON_FRESH, PEOPLE_FRESH = 15.0, 60.0, 300.0
"""Seconds for which it is believed what a channel is and how far it reaches, what somebody is, and who is here.

Who is in a channel is asked anew whenever somebody wants to read there: that is what changes.
"""

Answer = TypeVar("Answer")

_PAGE, _MOST_PAGES = 1000, 20
_MOST_KNOWN = 2_000
_EVERY_KIND = "public_channel,private_channel,mpim,im"


class Readers:
    """Who is let in where. What Slack does not tell is raised as SlackRefused."""

    def __init__(self, api: Api, people: People, clock: Clock) -> None:
        self._api = api
        self._people = people
        self._clock = clock
        self._infos: OrderedDict[str, tuple[float, asyncio.Future[Any]]] = OrderedDict()
        self._audiences: OrderedDict[str, tuple[float, asyncio.Future[Audience]]] = OrderedDict()
        self._lists: OrderedDict[str, tuple[float, Sequence[Readable]]] = OrderedDict()
        self._everybody: tuple[float, Sequence[dict[str, Any]]] | None = None

    async def can_read(self, person: Person, place: Place) -> bool:
        """Whether this person may read there: full members every public channel, everybody what they are in."""
        us = await self._api.us()
        profile = await self._people.find(person.id, us.team, PERSON_FRESH)
        if not profile.known:
            return False
        try:
            info = await self._info(place.channel)
            if not _is_closed(info) and not profile.outsider:
                return True
            return await self._is_in(person.id, place.channel)
        except SlackRefused as error:
            if error.failure.kind in (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN):
                return False
            raise

    async def audience(self, place: Place) -> Audience:
        """Who can read a channel. Those of a thread are its channel's."""
        return await self._recently(self._audiences, place.channel, lambda: self._reach(place))

    async def readable(self, person: Person, workspace: str) -> Sequence[Readable]:
        """The channels that we are in and this person may read, and our direct messages with them."""
        known = self._lists.get(person.id)
        if known is not None and self._clock() - known[0] < FRESH:
            return known[1]
        us = await self._api.us()
        profile = await self._people.find(person.id, us.team, PERSON_FRESH)
        if not profile.known:
            return ()
        ours = [one async for one in self._all("users.conversations", "channels", types=_EVERY_KIND)]
        self._note(ours)
        closed = {str(one["id"]) for one in ours if _is_closed(one) or profile.outsider}
        theirs = await self._channels_of(person.id) if closed else frozenset()
        found = [one for one in ours if str(one["id"]) not in closed or str(one["id"]) in theirs]
        listed = tuple(_readable(one, workspace) for one in found)
        self._lists[person.id] = (self._clock(), listed)
        self._lists.move_to_end(person.id)
        if len(self._lists) > _MOST_KNOWN:
            self._lists.popitem(last=False)
        return listed

    async def _channels_of(self, user: str) -> frozenset[str]:
        asked = {"user": user, "types": _EVERY_KIND}
        return frozenset([str(one["id"]) async for one in self._all("users.conversations", "channels", **asked)])

    def _note(self, channels: Sequence[dict[str, Any]]) -> None:
        """What a list told of channels need not be asked of each again: Slack allows few such calls."""
        for one in channels:
            told = asyncio.get_running_loop().create_future()
            told.set_result(one)
            self._keep(self._infos, str(one["id"]), told)

    async def _info(self, channel: str) -> dict[str, Any]:
        """What Slack says of a channel, without who is in it."""

        async def ask() -> Any:
            return (await self._api.read("conversations.info", channel=channel))["channel"]

        found: dict[str, Any] = await self._recently(self._infos, channel, ask)
        return found

    async def _recently(
        self,
        known: "OrderedDict[str, tuple[float, asyncio.Future[Answer]]]",
        channel: str,
        ask: Callable[[], Coroutine[Any, Any, Answer]],
    ) -> Answer:
        """What was told a moment ago, or is being asked; else what Slack tells now. A refusal is not kept."""
        at, told = known.get(channel, (0.0, None))
        failed = told is not None and told.done() and (told.cancelled() or told.exception() is not None)
        if told is None or failed or self._clock() - at >= FRESH:
            told = asyncio.create_task(ask())
            self._keep(known, channel, told)
        return await asyncio.shield(told)

    def _keep(
        self,
        known: "OrderedDict[str, tuple[float, asyncio.Future[Answer]]]",
        channel: str,
        told: "asyncio.Future[Answer]",
    ) -> None:
        known[channel] = (self._clock(), told)
        known.move_to_end(channel)
        if len(known) > _MOST_KNOWN:
            known.popitem(last=False)

    async def _reach(self, place: Place) -> Audience:
        info = await self._info(place.channel)
        circle = Place(PLATFORM, place.workspace, place.channel).key
        if info.get("is_im"):
            return Audience(
                place.workspace_key,
                Reach.ALONE,
                circle,
                frozenset({circle}),
                alone_with=str(info.get("user") or "") or None,
            )
        shared = any(info.get(name) for name in ("is_shared", "is_ext_shared", "is_org_shared"))
        return Audience(
            place.workspace_key,
            Reach.MEMBERS if _is_closed(info) else Reach.WORKSPACE,
            circle,
            frozenset({circle}),
            outsiders=shared or await self._holds_guests(place.channel),
        )

    async def _holds_guests(self, channel: str) -> bool:
        """Whether a guest is in a channel: guests see nothing but the channels they are in."""
        guests = await self.guests()
        if not guests:
            return False
        members = {one async for one in self._all("conversations.members", "members", channel=channel)}
        return not guests.isdisjoint(members)

    async def guests(self) -> frozenset[str]:
        """The workspace's guests, and whoever else in it is no full member."""
        us = await self._api.us()
        return frozenset(str(one["id"]) for one in await self._people_here() if _is_outsider(one, us.team))

    async def called(self, name: str) -> Sequence[Person]:
        """The people with this name, by any that Slack shows."""
        return [
            Person(str(one["id"]), name)
            for one in await self._people_here()
            if not one.get("deleted") and any(is_called(said, name) for said in _names(one))
        ]

    async def _people_here(self) -> Sequence[dict[str, Any]]:
        if self._everybody is None or self._clock() - self._everybody[0] >= PEOPLE_FRESH:
            self._everybody = (self._clock(), [one async for one in self._all("users.list", "members")])
        return self._everybody[1]

    async def _is_in(self, user: str, channel: str) -> bool:
        async for one in self._all("conversations.members", "members", channel=channel):
            if one == user:
                return True
        return False

    async def _all(self, method: str, name: str, **asked: Any) -> AsyncIterator[Any]:
        """Everything that a list holds. Raises SlackRefused where it is longer than anyone can look through."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            answer = await self._api.read(method, limit=_PAGE, cursor=cursor, **asked)
            for one in answer[name]:
                yield one
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return
        raise refused("too_long_a_list")


def _is_closed(info: dict[str, Any]) -> bool:
    """Whether only those who were let in can read there."""
    return bool(info.get("is_private") or info.get("is_im") or info.get("is_mpim"))


def _readable(info: dict[str, Any], workspace: str) -> Readable:
    kind = PlaceKind.DM if info.get("is_im") else PlaceKind.CHANNEL
    name = str(info.get("name") or "our direct messages")
    return Readable(Place(PLATFORM, workspace, str(info["id"]), None, kind), name)


def _names(user: dict[str, Any]) -> Sequence[str]:
    said = user.get("profile") or {}
    found = (said.get("display_name"), said.get("real_name"), user.get("real_name"), user.get("name"))
    return [str(one) for one in found if one]


def _is_outsider(user: dict[str, Any], team: str) -> bool:
    guest = user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")
    return bool(guest) or str(user.get("team_id") or team) != team
