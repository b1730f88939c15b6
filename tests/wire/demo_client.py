"""Requests to the built-in gateway as a client of the protocol makes them."""

import base64
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import aiohttp
import orjson
from PIL import Image
from yarl import URL

from bot.demo.server import DemoGateway
from bot.messages import PicturePart, Reading, ReadingKind
from bot.ports import ReadFile

AT_ONCE = float("inf")


class Time:
    """A clock for the gateway's books, put forward by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class PlainReader:
    """Reads a document as text: what stands in for the reader's process here. Counts how often it does."""

    def __init__(self) -> None:
        self.reads = 0

    async def read(self, name: str, data: bytes, url: str | None = None) -> ReadFile:
        self.reads += 1
        return ReadFile(Reading(ReadingKind.PDF, name, text=data.decode(), pages=2), {})

    async def smaller(self, picture: PicturePart) -> PicturePart:
        return picture


class Client:
    """Requests to the gateway as JSON."""

    def __init__(self, demo: DemoGateway, session: aiohttp.ClientSession, time: Time, reader: PlainReader) -> None:
        self.demo = demo
        self.session = session
        self.time = time
        self.reader = reader

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        async with self.session.get(_url(self.demo.base_url + path), headers=headers) as response:
            return response.status, _json(await response.read())

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        async with self.session.post(self.demo.base_url + path, json=body, headers=headers) as response:
            return response.status, _json(await response.read())

    async def ask(self, content: Any, **more: Any) -> Mapping[str, Any]:
        """The message of an answer that is not streamed."""
        status, body = await self.post("/chat/completions", chat(content, **more))
        assert status == 200, body
        message: Mapping[str, Any] = body["choices"][0]["message"]
        return message

    async def chunks(self, content: Any, **more: Any) -> list[Any]:
        """The data of a stream's events, `[DONE]` last."""
        body = chat(content, stream=True, **more)
        async with self.session.post(self.demo.base_url + "/chat/completions", json=body) as response:
            assert response.content_type == "text/event-stream"
            events = (await response.read()).decode().split("\n\n")
        assert events.pop() == ""
        data = [event.removeprefix("data: ") for event in events]
        return [one if one == "[DONE]" else orjson.loads(one) for one in data]


def chat(content: Any, *, model: str = "gatepost/scripted", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


def _url(url: str) -> Any:
    return URL(url, encoded=True)


def _json(raw: bytes) -> Any:
    return orjson.loads(raw) if raw[:1] in (b"{", b"[") else raw


@asynccontextmanager
async def gateway_client() -> AsyncIterator[Client]:
    """A client of a fresh gateway that answers at once."""
    time, reader = Time(), PlainReader()
    async with (
        DemoGateway(pace=AT_ONCE, first_token=0, clock=time, random=Random(7), reader=reader) as demo,
        aiohttp.ClientSession(headers={"Authorization": "Bearer any"}) as session,
    ):
        yield Client(demo, session, time, reader)


def png(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


def data_url(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
