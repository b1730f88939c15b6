"""The page in the leak test: channels that both of its people read, and the direct messages of each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import InboundKind
from tests.leak.secrets import Spot
from tests.leak.sides import ADA, GRACE, Asked, Said, Sight
from tests.three_towns import Towns
from tests.web_page import upload

_CHANNELS = {"general": (ADA, GRACE), "dm-ada": (ADA,), "dm-grace": (GRACE,)}
_HREF = re.compile(r'(?:href|src)="([^"]*)"')
_LABELS = {"confirm": "Confirm", "decline": "Don’t", "regenerate": "Regenerate", "stop": "Stop"}


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
        self.here: Towns

    def spots(self, who: str) -> Sequence[Spot]:
        return [(self.platform, channel) for channel, people in _CHANNELS.items() if who in people]

    def eyes(self, spot: Spot) -> frozenset[str]:
        return frozenset(_CHANNELS.get(spot[1], (spot[1],)))

    def is_alone(self, spot: Spot) -> bool:
        return spot[1].startswith("dm-")

    async def says(self, who: str, spot: Spot, text: str, *, asks: bool, file: tuple[str, str] | None) -> Any:
        browser, said = self.here.browser(who.lower()), f"@Gatepost {text}" if asks else text
        if file:
            sent = (file[0], "text/plain", file[1].encode())
            _, answer = await upload(browser, said, sent, channel=spot[1])
            message = str(answer.get("id", ""))
        else:
            message = await browser.say(said, spot[1])
        self._stale = True
        await self.here.heard(self.platform, InboundKind.MESSAGE, message)
        return message

    async def edits(self, said: Said, text: str) -> None:
        await self.here.browser(said.who.lower()).post("/api/edit", message=said.message, text=text)
        self._stale = True

    async def deletes(self, said: Said) -> None:
        await self.here.browser(said.who.lower()).post("/api/delete", message=said.message)
        self._stale = True

    async def commands(self, who: str, spot: Spot, line: str) -> None:
        await self.here.browser(who.lower()).say(f"/{line}", spot[1])
        self._stale = True

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
        for one in self._shown[-6:]:
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
            for root in [one["id"] for one in messages if one["replies"]]:
                messages += await browser.shown(channel, root)
            shown += [_Shown(channel, one) for one in messages if one["person"]["us"]]
        self._shown = sorted(shown, key=lambda one: one.message["seq"])
        self._stale = False

    async def sights(self) -> Sequence[Sight]:
        self._stale = True
        await self.look()
        found = []
        for one in self._shown:
            if self._seen.get(one.message["id"]) == one.message["seq"]:
                continue
            self._seen[one.message["id"]] = one.message["seq"]
            spot, html = (self.platform, one.channel), one.message["html"]
            files = [f"{file['name']} {file['description']}" for file in one.message["files"]]
            texts = (html, str(one.message["status"]), str(one.message["title"]), *files)
            found.append(Sight(spot, self.eyes(spot), texts, tuple(_HREF.findall(html))))
        return found
