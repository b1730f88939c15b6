"""Both people on a local Discord, in the place of the page: they ask once, whether the program lives or not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.discord.buttons import action_of
from adapters.discord.outbound import without_status
from adapters.web.outbound import Typesetter
from tests.crash.page import CHANNELS, PEOPLE, Seen, words_of
from tests.crash.program import PATIENCE, Program, program
from tests.crash.verdict import Shown
from tests.discord_town.people import Person
from tests.discord_town.state import TOKEN
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Channel, Message, MessageType, controls_of

_MENTION = "@Gatepost "
_SAID = (MessageType.DEFAULT, MessageType.REPLY)


class DiscordPeople:
    """What both see and do. Ids are those under which they asked, as on the page."""

    def __init__(self, town: DiscordTown) -> None:
        guild = town.guild()
        self._town = town
        self._people: dict[str, Person] = {name: town.person(name, guild) for name in PEOPLE}
        self._channels = {name: town.channel(guild, name) for name in CHANNELS}
        self._channels |= {f"dm-{name}": person.dm for name, person in self._people.items()}
        self._names: dict[int, str] = {}
        self._before: set[int] = set()  # what was said before the first seed

    @property
    def seen(self) -> Seen:
        """Everything there is to see, by its id."""
        return {one.id: one for one in self._all()}

    async def say(self, person: str, text: str, where: str, client_id: str) -> str:
        """Say it once; the id it goes by."""
        name = f"{person}-{client_id}"
        if name in self._names.values():
            return name
        channel, _, root = where.partition("/")
        place = self._thread(self._channels[channel], root) if root else self._channels[channel]
        speaker = self._people[person]
        mentions = text.startswith(_MENTION)
        said = speaker.mentions_bot(place, text[len(_MENTION) :]) if mentions else speaker.says(place, text)
        self._names[said.id] = name
        return name

    async def until(self, holds: Callable[[Seen], object]) -> None:
        """Wait until what is to be seen makes this hold."""
        await self._town.until(lambda: bool(holds(self.seen)), PATIENCE)

    async def transcript(self) -> list[Shown]:
        """Everything that is to be seen, place by place."""
        return self._all()

    async def greet(self) -> None:
        """Talk with it once, alone: Discord does not tell a bot of direct messages it never had."""
        for name, person in self._people.items():
            said = person.says(person.dm, f"repeat after me: welcome {name}")
            self._names[said.id] = f"{name}-greeting"
        answers = [f"welcome {name}" for name in self._people]
        await self.until(lambda seen: all(any(one.words == said for one in seen.values()) for said in answers))
        self._before = {one.id for channel in self._channels.values() for one in channel.in_order()}

    def _thread(self, channel: Channel, root: str) -> Channel:
        start = next(one for one in channel.in_order() if self._names.get(one.id) == root)
        return start.thread or self._people["grace"].opens_thread(start, "a thread")

    def _all(self) -> list[Shown]:
        found: list[Shown] = []
        for name, channel in self._channels.items():
            said = [one for one in channel.in_order() if one.kind in _SAID and one.id not in self._before]
            found += [self._shown(one, name) for one in said]
            for root in (one for one in said if one.thread is not None):
                assert root.thread is not None
                below = [one for one in root.thread.in_order() if one.kind in _SAID]
                place = f"{name}/{self._names[root.id]}"
                found += [self._shown(one, place) for one in (root, *below)]
        return found

    def _shown(self, message: Message, place: str) -> Shown:
        us = message.author is self._town.me
        text = message.text.replace(f"{self._town.me.mention} ", _MENTION)
        words = without_status(text) if us else text
        status = text.removeprefix(words).replace("-# ", "").strip() if us else ""
        pressed = [action_of(str(one["custom_id"])) for one in controls_of(message.components)]
        return Shown(
            id=self._names.get(message.id, str(message.id)),
            place=place,
            us=us,
            words=words_of(Typesetter().whole(words)) if us else " ".join(words.split()),
            status=status or None,
            buttons=tuple(one.name.value for one in pressed if one is not None),
            seq=len(message.versions),
        )


@asynccontextmanager
async def discord_people(directory: Path) -> AsyncIterator[tuple[Program, DiscordPeople]]:
    """The program on a Discord of its own, and the people there; it has been greeted."""
    async with discord_town() as town:
        settings = {"DISCORD_BOT_TOKEN": TOKEN, "DISCORD_API_BASE_URL": town.base_url, "PLAYGROUND": "off"}
        people = DiscordPeople(town)
        async with program(directory, **settings) as running:
            async with asyncio.timeout(PATIENCE):
                while not town.gateway.online:  # noqa: ASYNC110 - another process has no event
                    await asyncio.sleep(0.02)
            await people.greet()
            yield running, people
