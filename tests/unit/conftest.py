"""What many units are tested with: the program's tables."""

import sqlite3
from collections.abc import Iterator
from functools import cache

import pytest
from sqlalchemy import Connection, create_engine

from bot.store.page import page_messages


@pytest.fixture
def conn() -> Iterator[Connection]:
    """A connection to a database of the test's own, in memory, with all the program's tables."""
    engine = create_engine("sqlite://", creator=_in_memory)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _in_memory() -> sqlite3.Connection:
    opened = sqlite3.connect(":memory:")
    opened.deserialize(_made())
    return opened


@cache
def _made() -> bytes:
    """An empty database: making the tables takes longer than most tests."""
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        page_messages.metadata.create_all(conn)
        opened = conn.connection.driver_connection
        assert isinstance(opened, sqlite3.Connection)
    made = opened.serialize()
    engine.dispose()
    return made
