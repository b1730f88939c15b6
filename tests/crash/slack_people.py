"""Both people on a local Slack, in the place of the page: they ask once, whether the program lives or not."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.web.outbound import Typesetter
from tests.crash.page import CHANNELS, PEOPLE, Seen, words_of
from tests.crash.program import PATIENCE, Program, program
from tests.crash.verdict import Shown
from tests.slack_stage import read
from tests.slack_town.person import Person
from tests.slack_town.tokens import APP_TOKEN, BOT_TOKEN
from tests.slack_town.town import Town, slack_town
from tests.slack_town.values import BOT_USER, Channel, Message

_MENTION = "@Gatepost "
_RETRIES = (0.0, 4.0, 10.0)
"""Seconds to Slack's attempts to deliver an event again; Slack itself waits for minutes."""


class SlackPeople:
    """What both see and do. Ids are those under which they asked, as on the page."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._people: dict[str, Person] = {"ada": town.ada, "grace": town.grace}
        self._channels = {name: town.channel(name, town.ada, town.grace) for name in CHANNELS}
        self._channels |= {f"dm-{name}": self._people[name].dm for name in PEOPLE}
        self._names: dict[tuple[str, str], str] = {}
        self._before: set[str] = set()  # what was said before the first seed

    @property
    def seen(self) -> Seen:
        """Everything there is to see, by its id; what Slack says of our work beside messages, too."""
        return {one.id: one for one in (*self._all(), *self._statuses())}

    async def say(self, person: str, text: str, where: str, client_id: str) -> str:
        """Say it once; the id it goes by."""
        name = f"{person}-{client_id}"
        if name not in self._names.values():
            place, _, root = where.partition("/")
            channel = self._channels[place]
            thread = next((ts for (_, ts), known in self._names.items() if known == root), None)
            words = text.replace(_MENTION, f"<@{BOT_USER}> ")
            said = self._people[person].says(channel, words, thread=thread)
            self._names[channel.id, said.ts] = name
        return name

    async def until(self, holds: Callable[[Seen], object]) -> None:
        """Wait until what is to be seen makes this hold."""
        await self._town.until(lambda: bool(holds(self.seen)), PATIENCE)

    async def transcript(self) -> list[Shown]:
        """Everything that is to be seen, place by place."""
        return self._all()

    async def greet(self) -> None:
        """Talk with it once: from then on it knows since when it was away, however long a new start takes."""
        asked = self._town.ada.says(self._channels["dm-ada"], "repeat after me: welcome")
        await self.until(lambda seen: any(one.us and one.words == "welcome" for one in seen.values()))
        channel = self._channels["dm-ada"]
        await self._town.until(lambda: not any(one.streaming for one in channel.visible()), PATIENCE)
        self._before = {one.ts for one in channel.visible()} | {asked.ts}

    def _all(self) -> list[Shown]:
        found: list[Shown] = []
        for name, channel in self._channels.items():
            said = [one for one in channel.visible() if not one.thread_ts and one.ts not in self._before]
            if channel.kind == "im":
                found += [self._shown(one, name) for root in said for one in self._thread(channel, root)]
                continue
            found += [self._shown(one, name) for one in said]
            for root in said:
                below = self._thread(channel, root)
                if len(below) > 1:
                    place = f"{name}/{self._names[channel.id, root.ts]}"
                    found += [self._shown(one, place) for one in below]
        return found

    def _thread(self, channel: Channel, root: Message) -> list[Message]:
        return [one for one in channel.visible(root.ts) if one is root or one.thread_ts]

    def _statuses(self) -> Iterable[Shown]:
        """Statuses of threads in which there is no message of ours yet."""
        for (channel, root), thread in self._town.world.agent_threads.items():
            name = next((one for one, known in self._channels.items() if known.id == channel), "")
            asked = self._names.get((channel, root))
            if thread.status and asked is not None:
                place = name if name.startswith("dm-") else f"{name}/{asked}"
                yield Shown(f"status-{channel}-{root}", place, True, "", thread.status)

    def _shown(self, message: Message, place: str) -> Shown:
        held = [one for block in message.blocks for one in block.get("elements", ())]
        status = [str(one["text"]) for one in held if one.get("type") == "plain_text"]
        buttons = [str(one["value"]).partition(":")[0] for one in held if one.get("type") == "button"]
        text = read(message).replace(f"<@{BOT_USER}> ", _MENTION)
        return Shown(
            id=self._names.get((message.channel, message.ts), message.ts),
            place=place,
            us=message.bot,
            words=words_of(Typesetter().whole(text)) if message.bot else " ".join(text.split()),
            status="\n".join(status) or None,
            buttons=tuple(buttons),
            final=not message.streaming,
            seq=len(message.versions),
        )


@asynccontextmanager
async def slack_people(directory: Path, *, streams: bool) -> AsyncIterator[tuple[Program, SlackPeople]]:
    """The program on a Slack of its own, with streams or without, and the people there; it has been greeted."""
    async with slack_town() as town:
        town.api.limits.on = False  # a killed process forgets what it has used of them
        town.deliveries.retries = _RETRIES
        town.world.streaming_off = "" if streams else "feature_not_enabled"
        settings = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_BASE_URL": town.base_url,
            "PLAYGROUND": "off",
        }
        people = SlackPeople(town)
        async with program(directory, **settings) as running:
            await town.sockets.connected(seconds=3 * PATIENCE)
            await people.greet()
            yield running, people
