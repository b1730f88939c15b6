"""A table of the tests' own, and intents over it: the store's engine knows nothing of what it stores."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, ForeignKey, Integer, MetaData, Table, Text, insert, select

from bot.store.engine import Store

metadata = MetaData()

notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", Text, nullable=False))

# Its reference is looked at by the COMMIT, not before: a way to make one fail.
remarks = Table(
    "remarks",
    metadata,
    Column("note", Integer, ForeignKey("notes.id", deferrable=True, initially="DEFERRED"), primary_key=True),
)


def make_tables(conn: Connection) -> None:
    """The tables, where they are not there yet."""
    metadata.create_all(conn)


def note(conn: Connection, number: int, text: str = "") -> int:
    """Keep a note; its number."""
    conn.execute(insert(notes).values(id=number, text=text))
    return number


def note_and_fail(conn: Connection, number: int) -> None:
    """Keep a note, then think better of it."""
    note(conn, number)
    raise LookupError("after all, no")


def remark(conn: Connection, number: int) -> None:
    """Refer to a note; if there is none, the COMMIT fails."""
    conn.execute(insert(remarks).values(note=number))


def numbers(conn: Connection) -> list[int]:
    """The numbers of all notes, in order."""
    return list(conn.scalars(select(notes.c.id).order_by(notes.c.id)))


async def in_one_group(store: Store, *intents: Callable[[Connection], Any]) -> list[Any]:
    """What becomes of intents that are surely in one COMMIT: the writer is held up until all are queued."""
    gate = threading.Event()

    def hold(_conn: Connection) -> None:
        assert gate.wait(10)

    writes = [asyncio.ensure_future(store.write(intent)) for intent in (hold, *intents)]
    await asyncio.sleep(0)
    gate.set()
    return (await asyncio.gather(*writes, return_exceptions=True))[1:]
