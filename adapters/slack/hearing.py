"""Events of Slack on their way in: who did what where, handed to the intake, and only then acknowledged."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import structlog

from adapters.slack.api import Api
from adapters.slack.inbound import (
    PLATFORM,
    Json,
    Us,
    attachments_of,
    check_types,
    command_in,
    kind_of,
    mentions,
    opens_with_other,
    people_in,
    place_of,
    says_something,
    team_of,
    text_in,
    ts_of,
    words_of,
)
from adapters.slack.people import People
from adapters.slack.searching import handle_of
from adapters.typed import parse_typed
from bot.errors import NotAllowed
from bot.messages import (
    OUTSIDER,
    Action,
    ActionName,
    CommandCall,
    CommandSpec,
    Inbound,
    InboundKind,
    Person,
    PersonKind,
    Place,
    PlaceKind,
)

log = structlog.get_logger(__name__)

Whisper: TypeAlias = Callable[[Person, Place, str], Coroutine[Any, Any, None]]

NOT_HERE = "I'm not in this channel, so I can't answer here. Add me with `/invite`, then ask again."

SOMEBODY = Person("", "somebody")
"""Who took a message away: Slack does not say."""

_TOLD = 200
"""Messages of which we know that we said what is wrong with them: Slack tells of a mention twice."""

_NAMES_WITHIN = 1.0
"""Seconds that a message waits at most for the names of those it mentions."""


class Hearing:
    """Turns what happened in the workspace into inbound events. `whisper` tells one person why nothing happens."""

    def __init__(self, api: Api, people: People, specs: Sequence[CommandSpec], whisper: Whisper) -> None:
        self._api = api
        self._people = people
        self._specs = specs
        self._names = frozenset(spec.name for spec in specs)
        self._whisper = whisper
        self.deleted: set[str] = set()
        """Messages of ours that we took away ourselves."""
        self._told: deque[str] = deque(maxlen=_TOLD)

    async def event(self, event: Json, us: Us) -> Inbound | None:
        """A `message` or `app_mention` as the core takes it in; None when it is nothing to it."""
        check_types(event)
        match event.get("subtype"):
            case "message_changed":
                return await self._changed(event, us)
            case "message_deleted":
                return await self._gone(event, event.get("previous_message") or {}, ts_of(event, "deleted_ts"), us)
        if not says_something(event):
            return None
        if kind_of(event, us) is PersonKind.BOT and event.get("type") == "message":
            return self._of_bot(event, str(event["channel"]), us)
        if kind_of(event, us) is not PersonKind.HUMAN:
            return None
        return await self.said(event, str(event["channel"]), us)

    async def said(self, message: Json, channel: str, us: Us) -> Inbound | None:
        """Somebody's words, from an event or from history: the same message is the same event."""
        place = place_of(us.team, message, channel)
        ts = ts_of(message)
        text = str(message.get("text") or "")
        addressed = place.kind is PlaceKind.DM or mentions(text, us.user)
        follows = place.kind is PlaceKind.THREAD and not opens_with_other(text, us)
        person = await self._person(message, us, near=addressed or place.kind is PlaceKind.THREAD)
        if addressed or follows:
            await self._learn_names(text, us)
        heard = Inbound(
            key=f"{PLATFORM}:{us.team}:{channel}:{ts}",
            kind=InboundKind.MESSAGE,
            place=place,
            message_id=ts,
            person=person,
            sent_at=float(ts),
            text=words_of(text, us, self._people.name),
            addressed=addressed,
            follows=follows,
            attachments=attachments_of(message),
            handle=handle_of(channel, ts),
        )
        return await self._as_command(heard) if addressed or follows else heard

    def _of_bot(self, message: Json, channel: str, us: Us) -> Inbound:
        """What another program says: to nobody in particular."""
        ts, user = ts_of(message), str(message.get("user") or message.get("bot_id") or "")
        name = str(message.get("username") or self._people.name(user))
        return Inbound(
            key=f"{PLATFORM}:{us.team}:{channel}:{ts}",
            kind=InboundKind.MESSAGE,
            place=place_of(us.team, message, channel),
            message_id=ts,
            person=Person(user, name, PersonKind.BOT),
            sent_at=float(ts),
            text=words_of(text_in(message), us, self._people.name),
            attachments=attachments_of(message),
        )

    async def command(self, body: Json, us: Us) -> Inbound:
        """`/gatepost …`. Raises NotAllowed with a sentence for whoever typed it."""
        channel = str(body["channel_id"])
        kind = PlaceKind.DM if channel.startswith("D") else PlaceKind.CHANNEL
        place = Place(PLATFORM, us.team, channel, None, kind)
        words = words_of(str(body.get("text") or ""), us, self._people.name) or "help"
        typed = words.lstrip("/!") or "help"
        call = parse_typed(typed, self._specs, otherwise="`/gatepost help` lists them.", prefix="/gatepost ")
        aloud = any(spec.aloud for spec in self._specs if spec.name == call.name)
        if aloud and kind is PlaceKind.CHANNEL and not await self._people.we_are_in(channel):
            raise NotAllowed(NOT_HERE)
        profile = await self._people.find(str(body["user_id"]), us.team)
        creator = await self._people.created(channel) == profile.id
        key = f"{PLATFORM}:{us.team}:{body['trigger_id']}"
        said_at = f"{self._people.now():.6f}"
        handle = str(body.get("response_url") or "")
        return self._called(place, profile.person(creator=creator), key, said_at, call, handle)

    async def press(self, action: Action, place: Place, ts: str, body: Json, us: Us) -> Inbound:
        """A button under a message of ours."""
        profile = await self._people.find(str(body["user"]["id"]), us.team)
        return Inbound(
            key=f"{PLATFORM}:{us.team}:{body['trigger_id']}",
            kind=InboundKind.BUTTON,
            place=place,
            message_id=ts,
            person=profile.person(),
            sent_at=self._people.now(),
            addressed=True,
            handle=str(body.get("response_url") or "") or None,
            action=action,
        )

    async def stopped(self, event: Json, us: Us) -> Inbound:
        """Slack's own stop button: it knows the thread."""
        channel, root = str(event["channel"]), ts_of(event, "thread_ts")
        kind = PlaceKind.DM if channel.startswith("D") else PlaceKind.THREAD
        profile = await self._people.find(str(event["user"]), us.team)
        stamp = event.get("event_ts") or root
        return Inbound(
            key=f"{PLATFORM}:{us.team}:{channel}:{root}:stopped:{stamp}",
            kind=InboundKind.BUTTON,
            place=Place(PLATFORM, us.team, channel, root, kind),
            message_id=root,
            person=profile.person(),
            sent_at=float(stamp),
            addressed=True,
            action=Action(ActionName.STOP, ""),
        )

    async def _changed(self, event: Json, us: Us) -> Inbound | None:
        message: Json = event.get("message") or {}
        before: Json = event.get("previous_message") or {}
        if message.get("subtype") == "tombstone":
            return await self._gone(event, {**before, "ts": message["ts"]}, str(message["ts"]), us)
        if kind_of(message, us) is PersonKind.SELF or not says_something(message):
            return None
        files = [[file.get("id") for file in one.get("files") or ()] for one in (message, before)]
        if message.get("text") == before.get("text") and files[0] == files[1]:
            return None  # a link was unfurled, somebody replied: the words are what they were
        bots = kind_of(message, us) is PersonKind.BOT
        channel = str(event["channel"])
        heard = self._of_bot(message, channel, us) if bots else await self.said(message, channel, us)
        if heard is None or heard.kind is not InboundKind.MESSAGE:
            return None
        at = str((message.get("edited") or {}).get("ts") or event["event_ts"])
        return replace(heard, kind=InboundKind.EDIT, key=f"{heard.key}:edited:{at}")

    async def _gone(self, event: Json, before: Json, ts: str, us: Us) -> Inbound | None:
        channel = str(event["channel"])
        kind = kind_of(before, us)
        if ts in self.deleted:
            self.deleted.discard(ts)
            return None
        user = str(before.get("user") or "")
        person = Person(user, self._people.name(user)) if kind is PersonKind.HUMAN else SOMEBODY
        return Inbound(
            key=f"{PLATFORM}:{us.team}:{channel}:{ts}:deleted",
            kind=InboundKind.DELETE,
            place=place_of(us.team, {**before, "ts": ts}, channel),
            message_id=ts,
            person=person,
            sent_at=float(event.get("event_ts") or ts),
        )

    async def _person(self, message: Json, us: Us, *, near: bool) -> Person:
        """Who speaks. Whether they are a guest is asked only where it may matter."""
        user = str(message["user"])
        stranger = team_of(message, us.team) != us.team
        if not near:
            return Person(user, self._people.name(user), roles=(OUTSIDER,) if stranger else ())
        profile = await self._people.find(user, us.team)
        person = profile.person()
        if stranger and OUTSIDER not in person.roles:
            return Person(user, person.name, person.kind, (OUTSIDER,))
        return person

    async def _learn_names(self, text: str, us: Us) -> None:
        unknown = [user for user in people_in(text) if self._people.name(user) == user]
        if unknown:
            try:
                async with asyncio.timeout(_NAMES_WITHIN):
                    await self._people.learn(unknown[:5], us.team)
            except TimeoutError:
                log.debug("names not known in time")

    async def _as_command(self, heard: Inbound) -> Inbound | None:
        """`!name …` is a command, as Slack takes no slash commands in threads."""
        typed = command_in(heard.text, self._names)
        if typed is None:
            return heard
        creator = await self._people.created(heard.place.channel) == heard.person.id
        person = self._people.with_rights(heard.person, creator=creator)
        try:
            call = parse_typed(typed, self._specs, prefix="!")
        except NotAllowed as error:
            if not heard.addressed:
                return heard
            if heard.key not in self._told:
                self._told.append(heard.key)
                await self._whisper(person, heard.place, error.said)
            return None
        called = self._called(heard.place, person, heard.key, heard.message_id, call, heard.handle)
        return replace(called, addressed=heard.addressed, follows=heard.follows, attachments=heard.attachments)

    def _called(
        self, place: Place, person: Person, key: str, said_at: str, call: CommandCall, handle: str | None
    ) -> Inbound:
        return Inbound(
            key=key,
            kind=InboundKind.COMMAND,
            place=place,
            message_id=said_at,
            person=person,
            sent_at=self._people.now(),
            addressed=True,
            handle=handle or None,
            command=call,
        )
