"""The threads that read: a few connections, each query whole on one of them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreError
from bot.store import sqlite

T = TypeVar("T")


class Readers:
    """Runs queries, as many at once as there are connections; the rest wait in line."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(sqlite.READERS, thread_name_prefix="store-reader")

    def submit(self, query: Callable[[Connection], T]) -> Future[T]:
        """Have a query run; one that has not begun can be cancelled. Raises StoreError after `close`."""
        try:
            return self._threads.submit(self._run, query)
        except RuntimeError as error:
            raise StoreError("the store is closed") from error

    def close(self) -> None:
        """End what runs and let go of the database. Blocks."""
        self._threads.shutdown(cancel_futures=True)
        self._engine.dispose()

    def _run(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return query(connection)
        except (SQLAlchemyError, sqlite.Error) as error:
            raise sqlite.store_error(error) from error
