"""Slack in the leak test: a public channel, a private one with a thread of its own, direct messages, homes."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from adapters.web.outbound import PageMarkdown
from bot.messages import InboundKind
from tests.leak.secrets import Spot, opened
from tests.leak.sides import ADA, EVE, GRACE, Asked, Said, Sight
from tests.slack_town.deliveries import Undelivered
from tests.slack_town.reading import text_of
from tests.slack_town.town import Town
from tests.slack_town.values import Channel, Message
from tests.three_towns import Towns

_PAGE = PageMarkdown()
_HREF = re.compile(r'href="([^"]*)"')
_OWN = re.compile(r"<(https?://[^|>]+)")


class SlackSide:
    """Implements `Side`."""

    platform = "slack"

    def __init__(self, town: Town) -> None:
        self._town = town
        self.people = {ADA: town.ada, GRACE: town.grace, EVE: town.person(EVE)}
        self.square = town.square
        self.square.members.add(self.people[EVE].id)
        self.cellar = town.channel("cellar", town.ada, town.grace, kind="group")
        self._seen: dict[str, int] = {}
        self._whispers = 0
        self._statuses: dict[tuple[str, str], int] = {}
        self._homes: dict[str, str] = {}
        self.here: Towns

    # --- who and where ---------------------------------------------------------------------------

    def _channel(self, spot: Spot) -> Channel:
        return self._town.world.channels[spot[1]]

    def spots(self, who: str) -> Sequence[Spot]:
        person = self.people[who]
        places = [self.square, self.cellar, person.dm]
        return [(self.platform, one.id) for one in places if person.id in one.members]

    def eyes(self, spot: Spot) -> frozenset[str]:
        channel = self._town.world.channels.get(spot[1])
        if channel is None:
            return frozenset({spot[1]})
        if channel.kind == "channel":
            return frozenset(self.people)
        return frozenset(name for name, one in self.people.items() if one.id in channel.members)

    def is_alone(self, spot: Spot) -> bool:
        return self._channel(spot).kind == "im"

    # --- what people do --------------------------------------------------------------------------

    async def says(self, who: str, spot: Spot, text: str, *, asks: bool, file: tuple[str, str] | None) -> Any:
        person, channel = self.people[who], self._channel(spot)
        files = [self._town.file(file[0], file[1].encode(), "text/plain", person)] if file else ()
        threads = [root for root in channel.threads if len(channel.threads[root]) > 1][-2:]
        thread = threads[-1] if threads and len(channel.messages) % 3 == 0 else None
        message = (person.mentions if asks else person.says)(channel, text, thread=thread, files=files)
        await self.here.heard(self.platform, InboundKind.MESSAGE, message.ts)
        return message

    async def edits(self, said: Said, text: str) -> None:
        self.people[said.who].edits(said.message, text)
        await self.here.heard(self.platform, InboundKind.EDIT, said.message.ts)

    async def deletes(self, said: Said) -> None:
        self.people[said.who].deletes(said.message)
        await self.here.heard(self.platform, InboundKind.DELETE, said.message.ts)

    async def commands(self, who: str, spot: Spot, line: str) -> None:
        await self.people[who].types(f"/gatepost {line}", self._channel(spot)).answered()
        await self._town.settled()

    async def reminds(self, who: str, said: Said, when: str) -> None:
        person = self.people[who]
        await person.uses_shortcut("remind_me", said.message).answered()
        if (modal := person.modal) is not None:
            (block,) = [one for one in modal.body["blocks"] if one.get("type") == "input"]
            value = {block["element"]["action_id"]: {"type": "plain_text_input", "value": when}}
            await person.submits(modal, {block["block_id"]: value}).answered()

    async def presses(self, who: str, shown: Any, label: str) -> None:
        with suppress(Undelivered):  # the connection was just being renewed: they see nothing of it
            await self.people[who].presses(shown, label).answered()

    def _ours(self, channel: Channel) -> list[Message]:
        return [one for one in channel.visible() if one.bot]

    def buttons(self, spot: Spot) -> Sequence[tuple[Any, str]]:
        return [(one, label) for one in self._ours(self._channel(spot)) for label in one.buttons]

    def asked(self) -> Iterator[Asked]:
        for channel in list(self._town.world.channels.values()):
            for one in self._ours(channel):
                if "Confirm" in one.buttons:
                    yield Asked(one, one.said, self.eyes((self.platform, channel.id)), f"{one.ts} {one.said}")

    async def leaves(self, who: str) -> None:
        self.cellar.members.discard(self.people[who].id)

    async def joins(self, who: str) -> None:
        self.cellar.members.add(self.people[who].id)

    async def looks_around(self, who: str) -> None:
        self.people[who].opens_home()
        await self._town.settled()

    # --- what they see ---------------------------------------------------------------------------

    async def sights(self) -> Sequence[Sight]:
        world = self._town.world
        found = [one for channel in list(world.channels.values()) for one in self._in(channel)]
        found += [self._of(one, one.ephemeral_for) for one in world.ephemeral[self._whispers :]]
        self._whispers = len(world.ephemeral)
        return [*found, *self._beside(), *self._at_home()]

    def _in(self, channel: Channel) -> Iterator[Sight]:
        for message in channel.messages.values():
            if message.bot and len(message.versions) > self._seen.get(message.ts, 0):
                yield self._of(message)
                self._seen[message.ts] = len(message.versions)

    def _of(self, message: Message, alone: str = "") -> Sight:
        fresh = message.versions[self._seen.get(message.ts, 0) :] if not alone else message.versions
        texts = [f"{one.text}\n{text_of(one.blocks)}" for one in fresh] or [message.text, text_of(message.blocks)]
        marked = [
            str(block["text"])
            for blocks in (*(one.blocks for one in fresh), message.blocks)
            for block in blocks
            if block.get("type") == "markdown"
        ]
        marked += [message.text] if message.stream is not None else []
        links = [href for text in marked for href in _HREF.findall(str(_PAGE.render(text)))]
        links += [link for text in marked for link in _OWN.findall(text)]
        shapes = json.dumps(message.blocks, ensure_ascii=False)
        files = [f"{one.name} {one.title} {opened(one.data)}" for one in message.files]
        names = frozenset(name for name, one in self.people.items() if f"@{one.id}" in message.pings)
        shouts = {one for one in message.pings if one.startswith("!")}
        spot = (self.platform, message.channel)
        if not alone:
            return Sight(spot, self.eyes(spot), (*texts, shapes, *files), tuple(links), names | shouts)
        (name,) = (name for name, one in self.people.items() if one.id == alone)
        return Sight(
            (self.platform, name), frozenset({name}), (*texts, shapes, *files), tuple(links), names | shouts
        )

    def _beside(self) -> Iterator[Sight]:
        """What Slack shows of a thread beside its messages."""
        for (channel, root), thread in list(self._town.world.agent_threads.items()):
            fresh = thread.statuses[self._statuses.get((channel, root), 0) :]
            self._statuses[channel, root] = len(thread.statuses)
            texts = (*(told for _, _, told in fresh), thread.title, json.dumps(thread.prompts))
            yield Sight((self.platform, channel), self.eyes((self.platform, channel)), texts)

    def _at_home(self) -> Iterator[Sight]:
        for name, person in self.people.items():
            for view in filter(None, (person.home, person.modal)):
                yield Sight((self.platform, name), frozenset({name}), (json.dumps(view.body, ensure_ascii=False),))
