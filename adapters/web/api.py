"""The playground's paths: the page, what it reads, what it sends, its socket and its files."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import orjson
from aiohttp import web

from adapters.web import workspace
from adapters.web.door import Door, HttpCall, Refused
from adapters.web.feed import Feed
from adapters.web.outbound import INLINE_TYPES
from adapters.web.speaking import TEXT_LIMIT, Speaking
from adapters.web.uploads import FILE_BYTES, FILES
from adapters.web.whispers import Whispers
from bot.messages import Person, Place
from bot.ports import FileStore, Intake, PageMessages, Route, Views

PersonalCall: TypeAlias = Callable[[web.Request, Person], Awaitable[web.StreamResponse]]

_STATIC = Path(__file__).parent / "static"
_PAGE_LENGTH = 60
_ZONE = re.compile(r"[A-Za-z]\w{1,30}(?:[/+-][\w+-]{1,30}){0,3}", re.ASCII)
_DIGITS = 4
_NO_FILE = "That file is not there any more."


def _zone(named: str) -> str | None:
    """The time zone that the browser lives in, as it says: a name that may be one."""
    return named if _ZONE.fullmatch(named) else None


class Api:
    """Every path, behind the door."""

    def __init__(
        self,
        messages: PageMessages,
        files: FileStore,
        views: Views,
        feed: Feed,
        door: Door,
        speaking: Speaking,
        whispers: Whispers,
        intake: Callable[[], Intake | None],
    ) -> None:
        self._messages = messages
        self._files = files
        self._views = views
        self._feed = feed
        self._door = door
        self._speaking = speaking
        self._whispers = whispers
        self._intake = intake

    def routes(self) -> Sequence[Route]:
        """The paths, as data."""
        return (
            Route("GET", "/", self._door.open(self._enter)),
            Route("POST", "/login", self._door.open(self._door.sign_in)),
            Route("GET", "/page/{name}", self._door.open(_static)),
            Route("GET", "/files/{message}/{n}", self._personal(self._file)),
            Route("GET", "/private/{note}/{n}", self._personal(self._private_file)),
            Route("GET", "/ws", self._personal(self._feed.serve)),
            Route("GET", "/api/state", self._personal(self._state)),
            Route("GET", "/api/messages", self._personal(self._said)),
            Route("GET", "/api/complete", self._personal(self._complete)),
            Route("GET", "/api/model", self._personal(self._model)),
            Route("POST", "/api/messages", self._personal(self._speaking.say)),
            Route("POST", "/api/edit", self._personal(self._speaking.edit)),
            Route("POST", "/api/delete", self._personal(self._speaking.delete)),
            Route("POST", "/api/press", self._personal(self._speaking.press)),
        )

    def _personal(self, call: PersonalCall) -> HttpCall:
        async def answer(request: web.Request) -> web.StreamResponse:
            who = workspace.person(request.query.get("as", ""))
            if who is None:
                raise Refused(400, "There is no such person here.")
            return await call(request, replace(who, time_zone=_zone(request.query.get("zone", ""))))

        return self._door.guarded(answer)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        return await self._door.enter(request, _index)

    async def _state(self, request: web.Request, who: Person) -> web.Response:
        about = self._views.about()
        seq = await self._messages.newest()  # read before any message is: nothing falls between them and the news
        return _json(
            {
                "about": {"version": about.version, "demo": about.demo, "model": about.default_model},
                "seq": seq,
                "me": {"id": who.id, "name": who.name},
                "people": [{"id": one.id, "name": one.name} for one in workspace.PEOPLE],
                "us": {"id": workspace.GATEPOST.id, "name": workspace.GATEPOST.name},
                "channels": list(workspace.CHANNELS),
                "dm": workspace.dm(who),
                "commands": self._views.commands(),
                "limits": {"text": TEXT_LIMIT, "fileBytes": FILE_BYTES, "files": FILES},
            }
        )

    async def _said(self, request: web.Request, who: Person) -> web.Response:
        where = self._place(request, who)
        before = request.query.get("before") or None
        said = await self._messages.said(where, before, _PAGE_LENGTH)
        return _json({"messages": await self._feed.pages(said), "more": len(said) == _PAGE_LENGTH})

    async def _complete(self, request: web.Request, who: Person) -> web.Response:
        intake = self._intake()
        if intake is None:
            return _json({"choices": []})
        words = [request.query.get(name, "") for name in ("command", "option", "typed")]
        command, option, typed = words
        choices = await intake.complete(self._place(request, who), who, command, option, typed)
        return _json({"choices": list(choices)})

    async def _model(self, request: web.Request, who: Person) -> web.Response:
        return _json({"model": await self._views.model(self._place(request, who), who)})

    async def _file(self, request: web.Request, who: Person) -> web.Response:
        message = await self._messages.find(request.match_info["message"])
        n = _number(request)
        seen = message is not None and message.place.channel in workspace.channels_of(who)
        if message is None or not seen or n >= len(message.files):
            raise Refused(404, _NO_FILE)
        file = message.files[n]
        return _download(file.name, file.media_type, await self._files.get(file.sha256))

    async def _private_file(self, request: web.Request, who: Person) -> web.Response:
        file = self._whispers.find(request.match_info["note"], _number(request), who)
        if file is None:
            raise Refused(404, _NO_FILE)
        return _download(file.name, file.media_type, file.data)

    def _place(self, request: web.Request, who: Person) -> Place:
        channel = request.query.get("channel", "")
        if channel not in workspace.channels_of(who):
            raise Refused(404, "There is no such channel.")
        return workspace.place(channel, request.query.get("thread") or None)


def _number(request: web.Request) -> int:
    """Which file of a message is meant; of more digits than any message has files, none."""
    n = request.match_info["n"]
    if not n.isdecimal() or len(n) > _DIGITS:
        raise Refused(404, _NO_FILE)
    return int(n)


def _download(name: str, media_type: str, data: bytes) -> web.Response:
    """A file as it may leave: known pictures to be shown, everything else only to be kept, none to be run."""
    inline = media_type in INLINE_TYPES
    shown = "inline" if inline else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=3600",
    }
    content_type = media_type if inline else "application/octet-stream"
    return web.Response(body=data, content_type=content_type, headers=headers)


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


async def _index(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(_STATIC / "index.html")


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in {path.name for path in _STATIC.iterdir()}:
        raise Refused(404, "There is no such page.")
    return web.FileResponse(_STATIC / name, headers={"Cache-Control": "no-cache"})
