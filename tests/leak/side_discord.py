"""Discord in the leak test: a public and a private channel, a private thread, direct messages."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.messages import InboundKind
from tests.discord_town.interactions import Callback
from tests.discord_town.links import links_in
from tests.discord_town.people import Person
from tests.discord_town.rights import Right, may_write, rights_in, sees
from tests.discord_town.town import DiscordTown
from tests.discord_town.world import Channel, Message, Overwrite, controls_of
from tests.leak.secrets import Spot, opened
from tests.leak.sides import ADA, EVE, GRACE, Asked, Said, Sight
from tests.three_towns import Towns

_THREADS = 4
"""Of the threads of answers, the newest in which somebody goes on."""


class DiscordSide:
    """Implements `Side`."""

    platform = "discord"

    def __init__(self, town: DiscordTown) -> None:
        self._town = town
        guild = town.guild(rights=int(Right.USE_APPLICATION_COMMANDS) | _USUAL)
        self.people = {name: town.person(name, guild) for name in (ADA, GRACE, EVE)}
        self.square = town.channel(guild, "square")
        self.cellar = town.channel(guild, "cellar", overwrites=self._cellar(ADA, GRACE))
        self.nook = self.people[ADA].opens_thread(self.square, "nook", private=True)
        self.people[ADA].adds(self.nook, self.people[GRACE], town.me)
        self._guild = guild
        self._seen: dict[int, int] = {}
        self._named: set[int] = set()
        self._acts = 0
        self.here: Towns

    def _cellar(self, *names: str) -> tuple[Overwrite, ...]:
        let_in = [self._town.me.id, *(self.people[name].id for name in names)]
        hidden = Overwrite(self._square_guild, 0, deny=int(Right.VIEW_CHANNEL))
        return (hidden, *(Overwrite(one, 1, allow=int(Right.VIEW_CHANNEL)) for one in let_in))

    @property
    def _square_guild(self) -> int:
        guild = self.square.guild
        assert guild is not None
        return guild.id

    # --- who and where ---------------------------------------------------------------------------

    def _channels(self) -> list[Channel]:
        state = self._town.state
        return list(state.channels.values())

    def _channel(self, spot: Spot) -> Channel:
        return self._town.state.channels[int(spot[1])]

    def spots(self, who: str) -> Sequence[Spot]:
        person = self.people[who]
        threads = [one for one in self._channels() if one.is_thread and one is not self.nook][-_THREADS:]
        places = [self.square, self.cellar, self.nook, person.dm, *threads]
        now = self._town.clock()
        rights = [(one, rights_in(one, person.user, now)) for one in places]
        allowed = [one for one, right in rights if right & Right.VIEW_CHANNEL and may_write(one, right)]
        return [(self.platform, str(one.id)) for one in allowed]

    def eyes(self, spot: Spot) -> frozenset[str]:
        if not spot[1].isdecimal():
            return frozenset({spot[1]})
        channel = self._town.state.channels.get(int(spot[1]))
        now = self._town.clock()
        seen = (name for name, one in self.people.items() if channel and sees(channel, one.user, now))
        return frozenset(seen)

    def is_alone(self, spot: Spot) -> bool:
        return self._channel(spot).is_dm

    # --- what people do --------------------------------------------------------------------------

    async def says(self, who: str, spot: Spot, text: str, *, asks: bool, file: tuple[str, str] | None) -> Any:
        person, channel = self.people[who], self._channel(spot)
        files = {file[0]: file[1].encode()} if file else None
        message = (person.mentions_bot if asks else person.says)(channel, text, files=files)
        await self.here.heard(self.platform, InboundKind.MESSAGE, str(message.id))
        return message

    async def edits(self, said: Said, text: str) -> None:
        self.people[said.who].edits(said.message, text)
        await self.here.heard(self.platform, InboundKind.EDIT, str(said.message.id))

    async def deletes(self, said: Said) -> None:
        self.people[said.who].deletes(said.message)
        await self.here.heard(self.platform, InboundKind.DELETE, str(said.message.id))

    async def commands(self, who: str, spot: Spot, line: str) -> None:
        name, _, rest = line.partition(" ")
        form = next(one for one in self._town.state.application.commands[0] if one["name"] == name)
        given = {key: value for key, value in re.findall(r"(\w+):(\w+)", rest) if _has(form, key)}
        for key, value in given.items():
            rest = rest.replace(f"{key}:{value}", "").strip()
        first = next((one["name"] for one in form["options"] if one["name"] not in given), None)
        if rest and first:
            given[first] = rest
        act = self.people[who].types_command(self._channel(spot), name, **given)
        await self.here.until(
            lambda: act.texts or act.followups or (name in ("imagine", "summary") and act.acknowledged)
        )

    async def reminds(self, who: str, said: Said, when: str) -> None:
        act = self.people[who].uses_menu(said.message, "Remind me")
        await self.here.until(lambda: act.modal or act.texts)
        if act.modal is not None:
            field = controls_of(act.modal["components"])[0]["custom_id"]
            sent = self.people[who].submits_modal(act, **{field: when})
            await self.here.until(lambda: sent.texts)

    async def presses(self, who: str, shown: Any, label: str) -> None:
        act = self.people[who].presses(shown, label)
        await self.here.until(lambda: act.acknowledged)
        await asyncio.sleep(0.02)

    def _ours(self, channel: Channel) -> list[Message]:
        return [one for one in channel.in_order() if one.author is self._town.me and one.private_to is None]

    def buttons(self, spot: Spot) -> Sequence[tuple[Any, str]]:
        return [
            (one, str(control.get("label")))
            for one in self._ours(self._channel(spot))
            for control in controls_of(one.components)
            if control.get("label")
        ]

    def asked(self) -> Iterator[Asked]:
        for channel in self._channels():
            for one in self._ours(channel):
                if any(control.get("label") == "Confirm" for control in controls_of(one.components)):
                    eyes = self.eyes((self.platform, str(channel.id)))
                    yield Asked(one, one.text, eyes, f"{one.id} {one.text}")

    async def leaves(self, who: str) -> None:
        left = [name for name in (ADA, GRACE) if name != who]
        self._town.set_overwrites(self.cellar, *self._cellar(*left))
        await self._told()

    async def joins(self, who: str) -> None:
        self._town.set_overwrites(self.cellar, *self._cellar(ADA, GRACE))
        await self._told()

    async def _told(self) -> None:
        """Wait until the core has heard of whatever happened before: what is said last is heard last."""
        message = self.people[EVE].says(self.square, "…")
        await self.here.heard(self.platform, InboundKind.MESSAGE, str(message.id))

    async def looks_around(self, who: str) -> None:
        for command, option in (("search", "in"), ("persona", "persona"), ("settings", "name"), ("model", "id")):
            act = self.people[who].autocompletes(self.square, command, option, "")
            await self.here.until(lambda act=act: act.acknowledged)  # type: ignore[misc]

    # --- what they see ---------------------------------------------------------------------------

    async def sights(self) -> Sequence[Sight]:
        found = [sight for channel in self._channels() for sight in self._in(channel)]
        return [*found, *self._suggested()]

    def _in(self, channel: Channel) -> Iterator[Sight]:
        spot = (self.platform, str(channel.id))
        if channel.owner_id == self._town.me.id and channel.id not in self._named:
            self._named.add(channel.id)
            yield Sight(spot, self.eyes(spot), (channel.name,))
        for message in (*channel.messages.values(), *channel.gone.values()):
            if message.author is self._town.me and len(message.versions) > self._seen.get(message.id, 0):
                yield self._of(message, spot)
                self._seen[message.id] = len(message.versions)

    def _of(self, message: Message, spot: Spot) -> Sight:
        fresh = message.versions[self._seen.get(message.id, 0) :]
        texts = [version.text for version in fresh]
        pinged = {id_ for version in fresh for id_ in version.pings.users}
        names = {name for name, one in self.people.items() if one.id in pinged}
        shouts = {"everyone"} if any(one.pings.everyone or one.pings.roles for one in fresh) else set()
        shapes = json.dumps([message.components, message.embeds, message.poll], ensure_ascii=False)
        files = [f"{one.filename} {one.description} {opened(one.data)}" for one in message.attachments]
        links = [link for text in texts for link in links_in(text)]
        private = message.private_to
        eyes = self.eyes(spot) if private is None else frozenset(self._name(private.id))
        where = spot if private is None else (self.platform, next(iter(eyes)))
        return Sight(where, eyes, (*texts, shapes, *files), tuple(links), frozenset(names | shouts))

    def _name(self, user_id: int) -> Iterator[str]:
        return (name for name, one in self.people.items() if one.id == user_id)

    def _suggested(self) -> Iterator[Sight]:
        acts = list(self._town.state.interactions.values())
        for act in acts[self._acts :]:
            (name,) = self._name(act.user.id)
            yield Sight((self.platform, name), frozenset({name}), (json.dumps([act.choices, act.modal]),))
        self._acts = len(acts)

    def careless(self) -> list[str]:
        """Calls that left it to Discord whom to notify."""
        routes = ("create_message", "edit_message", "create_followup", "edit_followup", "interaction_callback")
        found = []
        for call in self._town.calls.of(*routes):
            answers = call.route == "interaction_callback"
            if answers and call.body.get("type") not in (Callback.MESSAGE, Callback.UPDATE_MESSAGE):
                continue  # suggestions and forms, which say nothing in a channel
            body = call.body.get("data") or {} if answers else call.body
            speaks = body.get("content") or body.get("components") or body.get("poll")
            allowed = body.get("allowed_mentions")
            if speaks and (allowed is None or allowed.get("parse") or len(allowed.get("users", ())) > 1):
                found.append(f"{call.route}: {allowed}")
        return found

    def person(self, name: str) -> Person:
        return self.people[name]


_USUAL = int(
    Right.ADD_REACTIONS
    | Right.VIEW_CHANNEL
    | Right.SEND_MESSAGES
    | Right.EMBED_LINKS
    | Right.ATTACH_FILES
    | Right.READ_MESSAGE_HISTORY
    | Right.CREATE_PUBLIC_THREADS
    | Right.SEND_MESSAGES_IN_THREADS
    | Right.MENTION_EVERYONE
)


def _has(form: Any, name: str) -> bool:
    return any(one["name"] == name for one in form["options"])
