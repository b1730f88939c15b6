"""Lets the built-in model answer the requests that a test would otherwise answer itself, and counts them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.demo.abilities import respond
from bot.demo.understanding import understand
from tests.house import Answering


@dataclass
class BuiltIn:
    """What it was asked. While it is not `free` it answers nothing that it `holds`; `instead` may answer first."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    holds: Callable[[dict[str, Any]], bool] = lambda _: True
    instead: Callable[[dict[str, Any]], object] = lambda _: None
    cost: float = 0.0004

    async def asked(self, count: int = 1) -> None:
        """Wait until it was asked so often."""
        async with asyncio.timeout(10):
            while len(self.requests) < count:  # noqa: ASYNC110 - it has no bell
                await asyncio.sleep(0.005)

    def prompts(self) -> list[str]:
        """The words of each request."""
        return [orjson.dumps(one["messages"]).decode() for one in self.requests]

    async def answer(self, answering: Answering) -> None:
        body = answering.body
        self.requests.append(body)
        if self.holds(body):
            try:
                await self.free.wait()
            except asyncio.CancelledError:
                answering.drop()
                raise
        made = self.instead(body)
        text = orjson.dumps(made).decode() if made is not None else respond(understand(body, ())).text
        if body.get("stream"):
            await answering.finish(text, cost=self.cost)
            return
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "cost": self.cost}
        whole = {"id": f"gen-{len(self.requests)}", "model": body["model"], "choices": [choice], "usage": usage}
        await answering.exchange.reply(200, orjson.dumps(whole))
        answering.ended.set()


@asynccontextmanager
async def built_in_model(asked: "asyncio.Queue[Answering]") -> AsyncIterator[BuiltIn]:
    """Answers whatever comes, as it comes, side by side."""
    model = BuiltIn()
    model.free.set()

    async def listen() -> None:
        async with asyncio.TaskGroup() as answers:
            while True:
                answers.create_task(model.answer(await asked.get()))

    listening = asyncio.create_task(listen())
    try:
        yield model
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
