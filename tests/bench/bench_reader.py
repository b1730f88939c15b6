"""What reading an answer costs: our client beside the SDK's own iterator, over the same transport."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from random import Random

from bot.gateway.client import OpenAIGateway
from bot.messages import ChatRequest, PromptMessage, TextDelta, TextPart
from tests.bench.figures import Figure

TOKENS = 1000
STATED_PACE = 200
COMPRESSED_PACE = 2000
"""Ten times as fast: more tokens meet in one read, and a slow machine's timers weigh less."""


async def _key() -> str:
    return "bench"


def figures() -> Iterable[Figure]:
    """CPU of this process for one answer, ours over the SDK's."""
    with _token_server() as base_url:
        for name, pace, rounds in (
            ("stated pace, 200 a second", STATED_PACE, 3),
            ("ten times that pace", COMPRESSED_PACE, 5),
        ):
            ours, theirs = asyncio.run(_compare(base_url, pace, rounds))
            yield Figure(f"CPU of our reader over the SDK's iterator, {name}", ours / theirs, limit=0.4)
            yield Figure(f"CPU for {TOKENS} tokens, {name}, ours", ours * 1000, unit="ms")
            yield Figure(f"CPU for {TOKENS} tokens, {name}, the SDK's iterator", theirs * 1000, unit="ms")


async def _compare(base_url: str, pace: int, rounds: int) -> tuple[float, float]:
    """Seconds of CPU, the least of alternating rounds after one to warm up: what disturbs only ever adds."""
    import openai

    gateway = OpenAIGateway(base_url=base_url, credential=_key, clock=time.time, random=Random(1))
    client = openai.AsyncOpenAI(
        api_key="bench", base_url=base_url, http_client=openai.DefaultAioHttpClient(), max_retries=0
    )
    question = f"{TOKENS} {pace}"

    async def ours() -> int:
        request = ChatRequest("acme/alpha-2", (PromptMessage("user", (TextPart(question),)),))
        said = [delta.text async for delta in gateway.stream(request) if isinstance(delta, TextDelta)]
        return "".join(said).count("token ")  # what comes together is one delta

    async def theirs() -> int:
        stream = await client.chat.completions.create(
            model="acme/alpha-2", messages=[{"role": "user", "content": question}], stream=True
        )
        return sum([bool(chunk.choices and chunk.choices[0].delta.content) async for chunk in stream])

    try:
        question = f"{TOKENS} {COMPRESSED_PACE}"
        await _cpu(ours), await _cpu(theirs)
        question = f"{TOKENS} {pace}"
        spent = [(await _cpu(ours), await _cpu(theirs)) for _ in range(rounds)]
    finally:
        await gateway.close()
        await client.close()
    return min(a for a, _ in spent), min(b for _, b in spent)


async def _cpu(read: Callable[[], Awaitable[int]]) -> float:
    started = time.process_time()
    count = await read()
    spent = time.process_time() - started
    if count != TOKENS:
        raise RuntimeError(f"{count} tokens arrived of {TOKENS}")
    return spent


@contextmanager
def _token_server() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.token_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
