"""News for open tabs. A tab is a cursor over all changes, so a late, slow or returning one misses nothing."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from aiohttp import WSMsgType, web

from adapters.web.door import Refused
from adapters.web.outbound import Typesetter, as_json
from adapters.web.workspace import channels_of
from bot.messages import PageMessage, Person, Place
from bot.ports import PageMessages

log = structlog.get_logger(__name__)

_BATCH = 100
_LONG_TEXT = 4000
_UNHEARD_SECONDS = 60.0
_HEARTBEAT = 20.0


class Tab:
    """One open page: who it is, how far it has read, and what only it may see."""

    def __init__(self, tab_id: str, person: Person, cursor: int) -> None:
        self.id = tab_id
        self.person = person
        self.cursor = cursor
        self.wake = asyncio.Event()
        self.extra: deque[Mapping[str, Any]] = deque(maxlen=50)

    def send(self, frame: Mapping[str, Any]) -> None:
        """Queue something that is not a change of a message; the oldest gives way when too many wait."""
        self.extra.append(frame)
        self.wake.set()


class Feed:
    """Tells every open tab what changed; each at its own speed, and none holds up anybody else."""

    def __init__(self, messages: PageMessages) -> None:
        self._messages = messages
        self._typesetter = Typesetter()
        self._setting = asyncio.Lock()  # the parser keeps state: one text at a time
        self._tabs: dict[Tab, web.WebSocketResponse] = {}
        self._unheard: deque[tuple[float, Person, Mapping[str, Any]]] = deque(maxlen=20)

    def notify(self) -> None:
        """Something changed."""
        for tab in self._tabs:
            tab.wake.set()

    def typing(self, place: Place) -> None:
        """Show that we are writing, to whoever can read that place."""
        for tab in self._tabs:
            if place.channel in channels_of(tab.person):
                tab.send({"typing": {"channel": place.channel, "thread": place.thread}})

    def whisper(self, person: Person, tab_id: str | None, frame: Mapping[str, Any]) -> None:
        """Tell one person: in the tab they asked in, else in all of theirs, else in the next one they open."""
        theirs = [tab for tab in self._tabs if tab.person.id == person.id]
        for tab in [tab for tab in theirs if tab.id == tab_id] or theirs:
            tab.send(frame)
        if not theirs:
            self._unheard.append((time.monotonic(), person, frame))

    async def serve(self, request: web.Request, person: Person) -> web.WebSocketResponse:
        """One tab's connection, from its first to its last moment."""
        since = request.query.get("since", "")
        if not since.isdecimal():
            raise Refused(400, "That request was not understood.")
        newest, cursor = await self._messages.newest(), int(since)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=4096)
        await socket.prepare(request)
        tab = Tab(request.query.get("tab", ""), person, cursor)
        # What a tab has seen may be gone: an older state of the page was restored meanwhile.
        tab.send({"hello": cursor} if cursor <= newest else {"reload": True})
        self._hear_again(tab)
        self._tabs[tab] = socket
        sender = asyncio.create_task(self._send_all(tab, socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            del self._tabs[tab]
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Hang up on every tab; it will come back by itself."""
        for socket in list(self._tabs.values()):
            await socket.close(code=1001)

    async def pages(self, messages: Sequence[PageMessage]) -> list[Mapping[str, Any]]:
        """Messages as the page takes them; long ones are set on a thread, so that nobody else waits for them."""
        async with self._setting:
            if sum(len(message.text) for message in messages) > _LONG_TEXT:
                return await asyncio.to_thread(self._set, messages)
            return self._set(messages)

    async def html(self, markdown: str) -> str:
        """Any markdown as HTML that is safe to show."""
        async with self._setting:
            return await asyncio.to_thread(self._typesetter.whole, markdown)

    def _set(self, messages: Sequence[PageMessage]) -> list[Mapping[str, Any]]:
        return [as_json(message, self._typesetter) for message in messages]

    def _hear_again(self, tab: Tab) -> None:
        mine = [entry for entry in self._unheard if entry[1].id == tab.person.id]
        for entry in mine:
            self._unheard.remove(entry)
            if time.monotonic() - entry[0] < _UNHEARD_SECONDS:
                tab.send(entry[2])

    async def _send_all(self, tab: Tab, socket: web.WebSocketResponse) -> None:
        try:
            while not socket.closed:
                await tab.wake.wait()
                tab.wake.clear()
                await self._send_news(tab, socket)
        except ConnectionError:
            log.debug("tab went away", tab=tab.id)
        except Exception:
            log.exception("tab could not be told", tab=tab.id, cursor=tab.cursor)
            await socket.close(code=1011)  # it comes back, and asks for what it missed

    async def _send_news(self, tab: Tab, socket: web.WebSocketResponse) -> None:
        while tab.extra:
            await _send(socket, tab.extra.popleft())
        channels = channels_of(tab.person)
        while news := await self._messages.changed(channels, tab.cursor, _BATCH):
            await _send(socket, {"seq": news[-1].seq, "messages": await self.pages(news)})
            tab.cursor = news[-1].seq


async def _send(socket: web.WebSocketResponse, frame: Mapping[str, Any]) -> None:
    await socket.send_str(orjson.dumps(frame).decode())
