"""Who people are, asked of Slack once in a while: names, workspaces, and who is a guest or a stranger."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import structlog

from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused
from bot.messages import MODERATOR, OUTSIDER, Person, PersonKind
from bot.ports import Clock

log = structlog.get_logger(__name__)

FRESH = 3600.0
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says of somebody. `known` is False where it would not say."""

    id: str
    name: str
    team: str
    outsider: bool = False
    manages: bool = False
    bot: bool = False
    time_zone: str | None = None
    known: bool = True

    def person(self, *, creator: bool = False) -> Person:
        """As the core knows people."""
        roles = [OUTSIDER] if self.outsider else []
        roles += [MODERATOR] if (self.manages or creator) and not self.outsider else []
        kind = PersonKind.BOT if self.bot else PersonKind.HUMAN
        return Person(self.id, self.name, kind, tuple(roles), self.time_zone)


class People:
    """Profiles, kept for an hour."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Profile]] = OrderedDict()
        self._creators: dict[str, str] = {}
        self._asked: dict[str, asyncio.Task[Profile]] = {}

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def with_rights(self, person: Person, *, creator: bool) -> Person:
        """The same person, with the role of somebody who manages the channel they made."""
        if not creator or person.roles:
            return person
        return replace(person, roles=(MODERATOR,))

    def name(self, user: str) -> str:
        """What somebody is called, as far as we have heard; their id otherwise."""
        known = self._known.get(user)
        return known[1].name if known else user

    def team(self, user: str, otherwise: str) -> str:
        """The workspace somebody belongs to, as far as we have heard."""
        known = self._known.get(user)
        return known[1].team if known else otherwise

    async def find(self, user: str, ours: str, within: float = FRESH) -> Profile:
        """Who this is, as Slack said `within` so many seconds. Raises SlackRefused when Slack cannot be asked just
        now: they may be a guest."""
        known = self._known.get(user)
        if known is not None and self._clock() - known[0] < within:
            return known[1]
        asking = self._asked.get(user)
        if asking is None:
            asking = self._asked[user] = asyncio.create_task(self._ask(user, ours))
            asking.add_done_callback(lambda _: self._asked.pop(user, None))
        return await asyncio.shield(asking)

    async def learn(self, users: list[str], ours: str) -> None:
        """Get to know some names, if they can be had."""
        await asyncio.gather(*(self.find(user, ours) for user in users), return_exceptions=True)

    async def created(self, channel: str) -> str:
        """Who made a channel, and so may manage it; nobody where Slack does not say."""
        if channel.startswith("D"):
            return ""
        if channel not in self._creators:
            try:
                answer = await self._api.read("conversations.info", channel=channel)
            except SlackRefused:
                return ""
            self._creators[channel] = str(answer["channel"].get("creator", ""))
        return self._creators[channel]

    async def we_are_in(self, channel: str) -> bool:
        """Whether we may post in a channel at this moment."""
        try:
            answer = await self._api.read("conversations.info", channel=channel)
        except SlackRefused as error:
            if error.failure.kind.passes:
                raise
            return False
        return bool(answer["channel"].get("is_member"))

    async def _ask(self, user: str, ours: str) -> Profile:
        try:
            answer = await self._api.read("users.info", user=user)
        except SlackRefused as error:
            if error.failure.kind.passes:
                raise
            log.warning("slack says nothing of somebody", code=error.code)
            profile = Profile(user, user, ours, known=False)
        else:
            profile = _profile(answer["user"], ours)
        self._known[user] = (self._clock(), profile)
        self._known.move_to_end(user)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return profile


def _profile(user: dict[str, Any], ours: str) -> Profile:
    said = user.get("profile") or {}
    team = str(user.get("team_id") or ours)
    guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted"))
    return Profile(
        id=str(user["id"]),
        name=str(said.get("display_name") or user.get("real_name") or user.get("name") or user["id"]),
        team=team,
        outsider=guest or bool(user.get("is_stranger")) or team != ours,
        manages=bool(user.get("is_admin") or user.get("is_owner")),
        bot=bool(user.get("is_bot")),
        time_zone=str(user["tz"]) if user.get("tz") else None,
    )
