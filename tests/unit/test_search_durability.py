"""However a process ends, what was kept is found, and nothing is in the index that is not kept."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from bot.messages import Place, Query
from bot.store import fulltext
from bot.store.engine import open_store
from bot.store.fulltext import Wanted
from bot.store.indexing import place_label
from bot.store.schema import indexed_messages
from bot.store.search import find

GENERAL = Place("discord", "g", "general")

_RECORDS_FOR_EVER = """
    import asyncio, sys
    from bot.messages import PastMessage, Person, Place
    from bot.store.engine import open_store
    from bot.store.intents.recorded import forget_message, record, record_again
    store, place = open_store(sys.argv[1]), Place("discord", "g", "general")

    def said(n, text):
        return PastMessage(f"m{n}", Person("u1", "Ada"), text, 1_000.0 + n, place=place)

    async def main():
        for n in range(0, 1_000_000, 3):
            await store.write(record, [said(n + i, f"tea number{n + i}") for i in range(3)])
            await store.write(record_again, said(n + 1, f"coffee number{n + 1}"))
            await store.write(forget_message, place, f"m{n + 2}")
            print(n, flush=True)

    asyncio.run(main())
"""


def counts(conn: Connection) -> tuple[int, int]:
    """How many messages are kept, and how many are in the index itself."""
    kept = conn.scalar(select(func.count()).select_from(indexed_messages)) or 0
    return kept, len(fulltext.newest(conn, Wanted((), ((place_label(1),),)), 0, 2**62, 1_000_000))


def killed_after(rounds: int, url: str) -> list[str]:
    """What a process acknowledged that was killed after so many rounds."""
    script = textwrap.dedent(_RECORDS_FOR_EVER)
    with subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(rounds)]
        process.kill()
        return lines + [line for line in process.stdout if line.endswith("\n")]


@pytest.mark.parametrize("rounds", [1, 40])
async def test_a_kill_leaves_index_and_messages_at_one(tmp_path: Path, rounds: int) -> None:
    url = f"sqlite:///{tmp_path}/gatepost.db"
    lines = killed_after(rounds, url)
    store = open_store(url)
    try:
        kept, indexed = await store.read(counts)
        assert kept == indexed >= 2 * len(lines)
        for n in [int(line) for line in lines[-3:] if line.strip().isdigit()]:
            found = [await store.read(find, Query(f"number{n + i}", (GENERAL,))) for i in range(3)]
            assert [[hit.message_id for hit in hits] for hits in found] == [[f"m{n}"], [f"m{n + 1}"], []]
            assert not await store.read(find, Query(f'"tea number{n + 1}"', (GENERAL,)))
    finally:
        await store.close()
