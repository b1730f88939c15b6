"""Both people at the page, as its own script would be: they ask, they ask again if nobody answered, they look."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any, TypeAlias, TypeVar

import aiohttp
import orjson

from tests.crash.program import PATIENCE, Program
from tests.crash.verdict import Shown

PEOPLE = ("ada", "grace")
CHANNELS = ("general", "dev", "random")
T = TypeVar("T")
Seen: TypeAlias = dict[str, Shown]

_DOWN = (aiohttp.ClientError, ConnectionError, TimeoutError)


class NotYet(Exception):
    """The program is just starting; the same request is made again."""


class Page:
    """What both see. `seen` is what their tabs were told so far, over all restarts, by the messages' ids."""

    def __init__(self, http: aiohttp.ClientSession, origin: str) -> None:
        self._http = http
        self._origin = origin
        self._news = asyncio.Condition()
        self.seen: Seen = {}

    async def enter(self, invitation: str) -> None:
        """Use the printed address; the cookie stays good over every restart."""

        async def call() -> None:
            async with self._http.get(invitation) as response:
                assert response.status == 200, response.status

        await _patiently(call)

    async def say(
        self, person: str, text: str, where: str, client_id: str, file: tuple[str, bytes] | None = None
    ) -> str:
        """Say it, again and again under the same id until it was acknowledged; the message's id."""
        channel, _, thread = where.partition("/")
        message: dict[str, Any] = {"id": client_id, "channel": channel, "thread": thread or None, "text": text}

        async def call() -> str:
            body: Any = orjson.dumps(message)
            if file is not None:
                body = aiohttp.FormData()
                body.add_field("message", orjson.dumps(message | {"names": [file[0]]}).decode())
                body.add_field("file", file[1], filename="file")
            url = f"{self._origin}/api/messages"
            async with self._http.post(url, params={"as": person}, data=body) as response:
                return str((await _json(response))["id"])

        return await _patiently(call)

    async def until(self, holds: Callable[[Seen], object]) -> None:
        """Wait until the tabs were told what makes this hold."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: bool(holds(self.seen)))

    async def transcript(self) -> list[Shown]:
        """Everything that both can read, place by place, read anew."""
        places = [("ada", channel) for channel in CHANNELS] + [(one, f"dm-{one}") for one in PEOPLE]
        found: list[Shown] = []
        for person, channel in places:
            said = await self._said(person, channel)
            found += [_shown(message, channel) for message in said]
            for root in said:
                if root["title"] is not None or root["replies"]:
                    place = f"{channel}/{root['id']}"
                    found += [_shown(one, place) for one in await self._said(person, channel, root["id"])]
        return found

    async def watch(self, person: str) -> None:
        """Keep a tab open, over every restart."""
        since = 0
        while True:
            try:
                url = f"{self._origin}/ws"
                query = {"as": person, "tab": f"tab-{person}", "since": str(since)}
                async with self._http.ws_connect(url, params=query) as socket:
                    async for frame in socket:
                        since = await self._heard(orjson.loads(frame.data), since)
            except _DOWN:
                pass
            await asyncio.sleep(0.02)

    async def _heard(self, frame: dict[str, Any], since: int) -> int:
        messages: list[dict[str, Any]] = frame.get("messages", [])
        async with self._news:
            for message in messages:
                place = "/".join(filter(None, (message["channel"], message["thread"])))
                self.seen[message["id"]] = _shown(message, place)
            self._news.notify_all()
        return max([since, *(int(message["seq"]) for message in messages)])

    async def _said(self, person: str, channel: str, thread: str = "") -> list[dict[str, Any]]:
        async def call() -> list[dict[str, Any]]:
            query = {"as": person, "channel": channel, "thread": thread}
            async with self._http.get(f"{self._origin}/api/messages", params=query) as response:
                said: list[dict[str, Any]] = (await _json(response))["messages"]
                return said

        return await _patiently(call)


@asynccontextmanager
async def page(running: Program) -> AsyncIterator[Page]:
    """The page of this program, with a tab of each person."""
    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout, headers={"Origin": running.origin}) as http:
        opened = Page(http, running.origin)
        await opened.enter(await running.invitation())
        tabs = [asyncio.create_task(opened.watch(person)) for person in PEOPLE]
        try:
            yield opened
        finally:
            for tab in tabs:
                tab.cancel()
            await asyncio.gather(*tabs, return_exceptions=True)


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Make the call until it is answered."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await call()
            except (*_DOWN, NotYet):
                await asyncio.sleep(0.02)


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    if response.status == 503:
        raise NotYet
    answer: dict[str, Any] = await response.json()
    assert response.status == 200, answer
    return answer


def _shown(message: dict[str, Any], place: str) -> Shown:
    us = message["person"]["us"]
    return Shown(
        id=message["id"],
        place=place,
        us=us,
        words=words_of(message["html"]) if us else " ".join(message["text"].split()),
        status=message["status"],
        buttons=tuple(action["name"] for action in message["actions"]),
        final=message["final"],
        seq=message["seq"],
    )


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def words_of(html: str) -> str:
    """The words a person reads in it."""
    parser = _Words()
    parser.feed(html)
    return " ".join("".join(parser.found).split())
