"""The page in the leak test: channels that both of its people read, and the direct messages of each."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientWebSocketResponse, FormData, WSMsgType

from bot.commands import COMMANDS
from bot.messages import InboundKind
from tests.leak.secrets import Spot
from tests.leak.sides import ADA, GRACE, Asked, Said, Sight
from tests.three_towns import Towns
from tests.web_page import Client, tab

_CHANNELS = {"general": (ADA, GRACE), "dm-ada": (ADA,), "dm-grace": (GRACE,)}
_HREF = re.compile(r'(?:href|src)="([^"]*)"')
_LABELS = {"confirm": "Confirm", "decline": "Don’t", "regenerate": "Regenerate", "stop": "Stop"}


_SPECS = [command.spec for command in COMMANDS]
_PRIVATE = {spec.name for spec in _SPECS if spec.private and not spec.aloud} - {"imagine", "summary"}
"""Commands that answer whoever typed them alone; a picture and a summary may be for all."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A message as the page was given it, and where."""

    channel: str
    message: Any


class PageSide:
    """Implements `Side`."""

    platform = "web"

    def __init__(self) -> None:
        self.people = (ADA, GRACE)
        self._seen: dict[str, int] = {}
        self._shown: list[_Shown] = []
        self._stale = True
        self._notes: list[tuple[str, Any]] = []
        self.here: Towns

    @asynccontextmanager
    async def open_tabs(self) -> AsyncIterator[None]:
        """Let everybody have the page open, so that they see what is for them alone."""
        async with AsyncExitStack() as stack:
            for name in self.people:
                browser = self.here.browser(name.lower())
                socket = await stack.enter_async_context(tab(browser, _tab(name)))
                reading = asyncio.create_task(self._read(name, socket))
                stack.callback(reading.cancel)
            yield

    async def _read(self, name: str, socket: ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and "private" in (told := frame.json()):
                self._notes.append((name, told["private"]))

    def spots(self, who: str) -> Sequence[Spot]:
        return [(self.platform, channel) for channel, people in _CHANNELS.items() if who in people]

    def eyes(self, spot: Spot) -> frozenset[str]:
        return frozenset(_CHANNELS.get(spot[1], (spot[1],)))

    def is_alone(self, spot: Spot) -> bool:
        return spot[1].startswith("dm-")

    async def says(self, who: str, spot: Spot, text: str, *, asks: bool, file: tuple[str, str] | None) -> Any:
        browser, said = self.here.browser(who.lower()), f"@Gatepost {text}" if asks else text
        if file:
            message = await self._uploads(browser, said, spot[1], file)
        else:
            message = await browser.say(said, spot[1])
        self._stale = True
        await self.here.heard(self.platform, InboundKind.MESSAGE, message)
        return message

    async def _uploads(self, browser: Client, said: str, channel: str, file: tuple[str, str]) -> str:
        fields = {"id": f"upload-{next(browser.ids)}", "channel": channel, "text": said, "names": [file[0]]}
        form = FormData()
        form.add_field("message", json.dumps(fields))
        form.add_field("file", file[1].encode(), filename="file", content_type="text/plain")
        asked = browser.http.post(f"{browser.origin}/api/messages", params={"as": browser.person}, data=form)
        async with asked as response:
            return str((await response.json())["id"])

    async def edits(self, said: Said, text: str) -> None:
        await self.here.browser(said.who.lower()).post("/api/edit", message=said.message, text=text)
        self._stale = True

    async def deletes(self, said: Said) -> None:
        await self.here.browser(said.who.lower()).post("/api/delete", message=said.message)
        self._stale = True

    async def commands(self, who: str, spot: Spot, line: str) -> None:
        before = len(self._notes)
        await self.here.browser(who.lower()).say(f"/{line}", spot[1], tab=_tab(who))
        self._stale = True
        await self.here.rest()
        if line.partition(" ")[0] in _PRIVATE:
            with suppress(TimeoutError):  # what should have been for one alone may have been said aloud
                await self.here.until(lambda: len(self._notes) > before, 1.0)

    async def reminds(self, who: str, said: Said, when: str) -> None:
        """The page has no menu of messages."""

    async def presses(self, who: str, shown: Any, label: str) -> None:
        name = next(name for name, said in _LABELS.items() if said == label)
        action = next(one for one in shown.message["actions"] if one["name"] == name)
        pressed = {
            "message": shown.message["id"],
            "action": name,
            "turn": action["turn"],
            "value": action["value"],
        }
        await self.here.browser(who.lower()).post("/api/press", **pressed)
        self._stale = True

    def buttons(self, spot: Spot) -> Sequence[tuple[Any, str]]:
        here = [one for one in self._shown if one.channel == spot[1]]
        known = ((one, _LABELS.get(action["name"])) for one in here for action in one.message["actions"])
        return [(one, label) for one, label in known if label]

    def asked(self) -> Iterator[Asked]:
        for one in self._shown:
            if any(action["name"] == "confirm" for action in one.message["actions"]):
                text = str(one.message["status"])
                eyes = self.eyes((self.platform, one.channel))
                yield Asked(one, text, eyes, f"{one.message['id']} {text}")

    async def leaves(self, who: str) -> None:
        """Nobody is taken out of a channel here."""

    async def joins(self, who: str) -> None:
        """Everybody is in every channel."""

    async def looks_around(self, who: str) -> None:
        """There is nothing else to see."""

    async def look_again(self) -> None:
        """Fetch what is shown, where something is at work."""
        if self.here.desk.running:
            self._stale = True
            await self.look()

    async def look(self) -> None:
        """Fetch what is shown now, where anything may have changed."""
        if not self._stale:
            return
        shown: list[_Shown] = []
        for channel, people in _CHANNELS.items():
            browser = self.here.browser(people[0].lower())
            messages = await browser.shown(channel)
            for root in [one["id"] for one in messages if one["replies"] or one["title"] is not None]:
                messages += await browser.shown(channel, root)
            shown += [_Shown(channel, one) for one in messages if one["person"]["us"]]
        self._shown = sorted(shown, key=lambda one: one.message["seq"])
        self._stale = False

    async def sights(self) -> Sequence[Sight]:
        self._stale = True
        await self.look()
        found = [_alone(self.platform, *note) for note in self._notes]
        self._notes.clear()
        for one in self._shown:
            if self._seen.get(one.message["id"]) == one.message["seq"]:
                continue
            self._seen[one.message["id"]] = one.message["seq"]
            spot, html = (self.platform, one.channel), one.message["html"]
            files = [f"{file['name']} {file['description']}" for file in one.message["files"]]
            texts = (html, str(one.message["status"]), str(one.message["title"]), *files)
            found.append(Sight(spot, self.eyes(spot), texts, tuple(_HREF.findall(html))))
        return found


def _tab(name: str) -> str:
    return f"tab-{name.lower()}"


def _alone(platform: str, name: str, note: Any) -> Sight:
    files = [f"{file['name']} {file['description']}" for file in note["files"]]
    texts = (note["html"], str(note["status"]), *files, str(note.get("actions")))
    return Sight((platform, name), frozenset({name}), texts, tuple(_HREF.findall(note["html"])))
