"""A gateway in a process of its own that sends tokens one by one: `python -m tests.bench.token_server`.

It prints its port and runs until its input ends. The user's text says `COUNT PER_SECOND`.
"""

import asyncio
import sys

from tests.gateway_streams import DONE, final, role, text
from tests.wire.raw_server import EVENT_STREAM, Exchange, raw_server


async def _answer(exchange: Exchange) -> None:
    count, pace = map(int, exchange.json["messages"][-1]["content"].split())
    loop = asyncio.get_running_loop()
    await exchange.send(EVENT_STREAM)
    await exchange.chunk(role())
    token = text("token ")
    started = loop.time()
    for n in range(count):
        await asyncio.sleep(started + n / pace - loop.time())
        await exchange.chunk(token)
    await exchange.chunk(final())
    await exchange.chunk(DONE)
    await exchange.end()


async def _main() -> None:
    async with raw_server(_answer) as server:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
