"""The store: intents go to the one writer, queries to a few connections that only read."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.util import greenlet_spawn

from bot.errors import StartError, StoreError
from bot.store import sqlite, upgrade
from bot.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")


RIDE_SECONDS: Final = 1.0
"""How long an intent waits for a COMMIT to ride with before it gets one of its own."""

RIDE_AGAIN_SECONDS: Final = 30.0
"""The same after that COMMIT has failed."""


class Store:
    """What Gatepost remembers. Intents and queries are synchronous functions over a connection.

    Belongs to the event loop it is first used on; `close` has to be awaited there.
    """

    def __init__(self, writer: Writer, readers: Engine, path: Path) -> None:
        self._writer = writer
        self._path = path
        self._readers = readers
        self._reading: set[asyncio.Task[object]] = set()
        self._ride: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def commits(self) -> int:
        """How many COMMITs there were."""
        return self._writer.commits

    async def write(self, intent: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out an intent; its result, once it is on the disk.

        Intents run in the order they were given, many to a COMMIT, each in a savepoint: one that raises is undone
        alone, and its own error is raised here. One whose caller is cancelled is carried out all the same.
        Raises StoreError, StoreFull where the disk is full; then nothing of the intent is kept.
        """
        return await self._writer.submit(lambda conn: intent(conn, *args, **kwargs))

    def write_along(
        self, intent: Callable[Concatenate[Connection, P], object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Carry out an intent with the next COMMIT, in the order given; after a second, alone.

        For what costs no more than being looked up again when a crash comes first. It comes after every `write`
        that was called before it and ahead of every later one; one that raises is logged. Raises StoreError when
        the store is closed.
        """
        self._writer.submit_along(lambda conn: intent(conn, *args, **kwargs))
        if self._ride is None:
            self._ride = asyncio.get_running_loop().call_later(RIDE_SECONDS, self._send_riders)

    def _send_riders(self) -> None:
        self._ride = None
        if self._writer.riders:
            with contextlib.suppress(StoreError):  # closed: closing carries them out
                self._writer.submit(lambda _: None).add_done_callback(self._riders_sent)

    def _riders_sent(self, sent: "asyncio.Future[None]") -> None:
        """What could not be carried out waits again, but not in haste: the disk may be full."""
        if not sent.cancelled() and sent.exception() is not None and self._ride is None:
            self._ride = asyncio.get_running_loop().call_later(RIDE_AGAIN_SECONDS, self._send_riders)

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a query finds in one committed state, everything included that was acknowledged before.

        The query runs on the event loop, which is free while a statement is at work: fetch no more than needed.
        One whose caller is cancelled ends by itself: a connection that is cancelled while it is opened or given
        back would stay open for good.
        Raises StoreError, also for a query that tries to write, and when the store is closed.
        """
        if self._closed:  # a connection that is opened now would stay open
            raise StoreError("the store is closed")
        reading = asyncio.create_task(self._read(lambda conn: query(conn, *args, **kwargs)))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)
        return await asyncio.shield(reading)

    async def look_through(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `read`, on a thread and a connection of its own: for what takes so long that others would wait."""
        return await asyncio.to_thread(look_through, self._path, lambda conn: query(conn, *args, **kwargs))

    async def empty_log(self) -> bool:
        """Bring everything from the write-ahead log into the database, and cut it to nothing; False where somebody
        is at work that moment. Raises StoreError."""
        return await asyncio.to_thread(sqlite.empty_log, self._path)

    async def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            return await greenlet_spawn(self._query, query)
        except SQLAlchemyError as error:
            raise sqlite.store_error(error) from error

    def _query(self, query: Callable[[Connection], T]) -> T:
        with self._readers.connect() as conn:
            return query(conn)

    async def close(self) -> None:
        """Carry out what was given, then let go of the database. Whoever is cancelled waits for it all the same:
        what were open then would outlive the loop."""
        self._closed = True
        if self._ride is not None:
            self._ride.cancel()
        closing = asyncio.ensure_future(self._let_go())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise

    async def _let_go(self) -> None:
        await asyncio.gather(*self._reading, return_exceptions=True)
        await greenlet_spawn(self._readers.dispose)
        await asyncio.to_thread(self._writer.close)


def open_store(url: str) -> Store:
    """Open the database of this URL; make it where there is none, upgrade it where its schema is older.

    Blocks while it does. Raises StartError with one sentence for people.
    """
    path = sqlite.path_of(url)
    _make_directory(path.parent)
    engine = sqlite.writing_engine(path)
    with contextlib.ExitStack() as unless_opened:
        unless_opened.callback(engine.dispose)
        try:
            upgrade.bring_up_to_date(engine, path)
        except (SQLAlchemyError, StoreError) as error:
            raise sqlite.start_error(error, path) from error
        unless_opened.pop_all()
    return Store(Writer(engine), sqlite.reading_engine(path), path)


def look_through(path: Path, query: Callable[[Connection], T]) -> T:
    """What a query finds in one committed state of the database at `path`, which may be in use. Blocks.

    Raises StoreError.
    """
    engine = sqlite.examining_engine(path)
    try:
        with engine.connect() as conn:
            return query(conn)
    except SQLAlchemyError as error:
        raise sqlite.store_error(error) from error
    finally:
        engine.dispose()


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StartError(f"The data directory {directory} can't be made: {error.strerror}.") from error
