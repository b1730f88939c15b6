"""Prepared statements find and change what the engine's own way of running them would."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import IntegrityError
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, exists, insert, or_, select, update

from bot.store.engine import open_store
from bot.store.prepared import Prepared
from bot.store.schema import settings
from bot.store.sqlite import driver_of, writing_engine
from bot.store.upgrade import bring_up_to_date

_ADD = insert(settings)
_OF = (
    select(settings.c.name, settings.c.value.label("chosen"))
    .where(or_(settings.c.scope == bindparam("here"), settings.c.scope == "everywhere"))
    .order_by(settings.c.name)
    .limit(2)
)
_CHANGE = (
    update(settings)
    .where(settings.c.scope == bindparam("here"))
    .values(value=settings.c.value + bindparam("more"))
    .returning(settings.c.value)
)


def choice(name: str, scope: str = "here") -> dict[str, str]:
    return {"scope": scope, "name": name, "value": f"{name}!"}


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = writing_engine(tmp_path / "gatepost.db")
    bring_up_to_date(engine, tmp_path / "gatepost.db")
    with engine.begin() as conn:
        add = Prepared(_ADD)
        for row in (choice("a"), choice("b", "everywhere"), choice("c", "there"), choice("d")):
            assert add.change(conn, row) == 1
        yield conn
    engine.dispose()


@pytest.mark.parametrize("statement", [_OF, _CHANGE])
def test_a_prepared_statement_finds_and_returns_what_the_engine_would(conn: Connection, statement: Any) -> None:
    values = {"here": "here"} if statement is _OF else {"here": "here", "more": "?"}
    with conn.begin_nested() as undone:
        expected = conn.execute(statement, values)
        names, rows = list(expected.keys()), expected.all()
        undone.rollback()

    found = Prepared(statement)(conn, values)

    assert list(found.keys()) == names
    assert found.all() == rows != []


def test_it_is_run_past_the_engine_and_tells_how_many_rows_it_changed(conn: Connection) -> None:
    ran: list[str] = []
    driver_of(conn).set_trace_callback(ran.append)
    change = Prepared(update(settings).where(settings.c.scope == bindparam("here")).values(value="new"))

    assert change.change(conn, {"here": "here"}) == 2
    assert change.change(conn, {"here": "nowhere"}) == 0
    assert len(ran) == 2


def test_readers_run_it_through_the_engine_with_the_same_result(tmp_path: Path) -> None:
    async def run() -> tuple[Any, Any]:
        store, add, of = open_store(f"sqlite:///{tmp_path / 'gatepost.db'}"), Prepared(_ADD), Prepared(_OF)
        try:
            await store.write(add.change, choice("a"))
            find = lambda conn: of(conn, {"here": "here"}).all()  # noqa: E731 - said once, run on both sides
            return await store.write(find), await store.read(find)
        finally:
            await store.close()

    written, read = asyncio.run(run())

    assert written == read == [("a", "a!")]


def test_outside_a_transaction_it_begins_one_as_the_engine_does(tmp_path: Path) -> None:
    engine = writing_engine(tmp_path / "gatepost.db")
    bring_up_to_date(engine, tmp_path / "gatepost.db")
    with engine.connect() as conn:
        Prepared(_ADD).change(conn, choice("a"))
        conn.rollback()
        assert not conn.scalars(select(settings.c.name)).all()
    engine.dispose()


def test_values_that_do_not_fit_are_refused_and_none_is_left_out(conn: Connection) -> None:
    add = Prepared(_ADD)
    add.change(conn, choice("e"))

    with pytest.raises(TypeError):
        add.change(conn, {**choice("f"), "more": "x"})
    with pytest.raises(IntegrityError):
        add.change(conn, {"scope": "here", "name": "f"})


def test_what_would_need_a_conversion_can_not_be_prepared(conn: Connection) -> None:
    with pytest.raises(TypeError):
        Prepared(select(exists().where(settings.c.name == bindparam("name"))))(conn, {"name": "a"})
