"""The one thread that writes: many queued intents to a COMMIT, and nobody is answered before it."""

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreError
from bot.store import sqlite

log = structlog.get_logger(__name__)

T = TypeVar("T")
_Intent: TypeAlias = Callable[[Connection], object]
_Rider: TypeAlias = tuple[int, _Intent]  # the number of the job that it comes after

GROUP_LIMIT: Final = 64  # more would save no time, and keep the first of a burst waiting


@dataclass(slots=True)
class _Job:
    """One queued intent, and what became of it."""

    number: int
    intent: Callable[[Connection], Any]
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Tell the caller, unless it went away."""
        if self.answer.done():
            return
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class Writer:
    """Runs intents one after the other on a thread of its own. Belongs to one event loop."""

    def __init__(self, engine: Engine) -> None:
        self.commits = 0
        self._engine = engine
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._riders: deque[_Rider] = deque()
        self._given = 0
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, intent: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Queue an intent. It is carried out even if nobody waits for its answer any more."""
        if self._closed:
            raise StoreError("the store is closed")
        self._given += 1
        job = _Job(self._given, intent, asyncio.get_running_loop().create_future())
        self._queue.put(job)
        return job.answer

    def submit_along(self, intent: _Intent) -> None:
        """Have an intent ride with the next COMMIT, in the order given. It causes none by itself."""
        if self._closed:
            raise StoreError("the store is closed")
        self._riders.append((self._given, intent))

    @property
    def riders(self) -> int:
        """How many intents wait for a COMMIT to ride with."""
        return len(self._riders)

    def close(self) -> None:
        """Carry out what is queued, then end. Blocks."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._engine.dispose()

    def _serve(self) -> None:
        while (job := self._queue.get()) is not None:
            group = [job]
            try:
                self._commit(group)
            except BaseException as error:  # noqa: BLE001  a thread that ends would leave every caller waiting
                _fail(group, error)
            # A loop that is closed has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                job.answer.get_loop().call_soon_threadsafe(_settle, group)
        with contextlib.suppress(Exception):  # logged; nothing comes after it
            self._commit([])

    def _commit(self, group: list[_Job]) -> None:
        """Run what rides along, the group's job and those that queue meanwhile, and COMMIT.

        An error undoes all of them; what rode along then does so again with the next.
        """
        riders: list[_Rider] = []
        if not self._riders and not group:
            return
        try:
            with self._engine.begin() as conn:
                for first in group:
                    self._ride(conn, riders, first.number)
                    _attempt(conn, first)
                while group and len(group) < GROUP_LIMIT and (job := self._next()) is not None:
                    group.append(job)
                    self._ride(conn, riders, job.number)
                    _attempt(conn, job)
                self._ride(conn, riders, group[-1].number + 1 if group else None)
        except BaseException:
            self._riders.extendleft(reversed(riders))
            raise
        self.commits += 1

    def _ride(self, conn: Connection, riders: list[_Rider], ahead_of: int | None) -> None:
        """Run what waits for a ride and was given before the job of that number, and note it in `riders`."""
        while self._riders and (ahead_of is None or self._riders[0][0] < ahead_of):
            riders.append(self._riders.popleft())
            _attempt_alone(conn, riders[-1][1])

    def _next(self) -> _Job | None:
        with contextlib.suppress(queue.Empty):
            job = self._queue.get_nowait()
            if job is None:
                self._queue.put(None)  # the end comes after this COMMIT
            return job
        return None


def _attempt(conn: Connection, job: _Job) -> None:
    """Run one intent in a savepoint. Its error is its own, unless the database dropped the whole transaction."""
    # Past SQLAlchemy, whose own nested transactions cost half as much as an intent.
    database = sqlite.driver_of(conn)
    database.execute("SAVEPOINT intent")
    try:
        job.result = job.intent(conn)
    except Exception as error:
        if not database.in_transaction:
            raise
        database.execute("ROLLBACK TO SAVEPOINT intent")
        job.error = _mapped(error)
    database.execute("RELEASE SAVEPOINT intent")


def _attempt_alone(conn: Connection, intent: _Intent) -> None:
    """As `_attempt`, for an intent whose answer nobody waits for."""
    database = sqlite.driver_of(conn)
    database.execute("SAVEPOINT rider")
    try:
        intent(conn)
    except Exception as error:
        if not database.in_transaction:
            raise
        database.execute("ROLLBACK TO SAVEPOINT rider")
        log.exception("intent that rode along failed", error=str(_mapped(error)))
    database.execute("RELEASE SAVEPOINT rider")


def _mapped(error: BaseException) -> BaseException:
    if isinstance(error, SQLAlchemyError | sqlite.Error):
        mapped: Exception = sqlite.store_error(error)
    elif isinstance(error, StopIteration):  # which no future can hold
        mapped = RuntimeError("an intent raised StopIteration")
    else:
        return error
    mapped.__cause__ = error
    return mapped


def _fail(group: list[_Job], error: BaseException) -> None:
    log.error("commit failed", intents=len(group), error=str(_mapped(error)))
    for job in group:
        job.error = _mapped(error)


def _settle(group: list[_Job]) -> None:
    for job in group:
        job.settle()
