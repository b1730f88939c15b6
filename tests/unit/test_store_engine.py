"""The store writes in groups, keeps intents apart, answers after the COMMIT, and reads what is committed."""

import asyncio
import sqlite3
import threading
import traceback
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.util import await_only

from bot.errors import StoreError, StoreFull
from bot.store.engine import Store, open_store
from bot.store.writer import GROUP_LIMIT
from tests.unit.store_notes import in_one_group, make_tables, note, note_and_fail, notes, numbers, remark


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/gatepost.db")
    await opened.write(make_tables)
    yield opened
    await opened.close()


async def test_a_write_returns_what_its_intent_returns(store: Store) -> None:
    assert await store.write(note, 7, text="hello") == 7


async def test_a_read_sees_what_was_acknowledged(store: Store) -> None:
    for number in range(20):
        await store.write(note, number)
        assert await store.read(numbers) == list(range(number + 1))


async def test_a_read_does_not_see_what_is_not_committed(store: Store) -> None:
    written, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        note(conn, 1)
        written.set()
        assert go_on.wait(10)

    writing = asyncio.ensure_future(store.write(slow))
    await asyncio.to_thread(written.wait, 10)
    seen = await store.read(numbers)
    go_on.set()
    await writing

    assert seen == []
    assert await store.read(numbers) == [1]


async def test_a_read_sees_one_state_however_many_statements_it_takes(store: Store) -> None:
    between, go_on = asyncio.Event(), asyncio.Event()

    def twice(conn: Connection) -> tuple[list[int], list[int]]:
        before = numbers(conn)
        between.set()
        await_only(go_on.wait())
        return before, numbers(conn)

    reading = asyncio.ensure_future(store.read(twice))
    await between.wait()
    await store.write(note, 1)
    go_on.set()

    assert await reading == ([], [])


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="READONLY"):
        await store.read(note, 1)

    assert await store.read(numbers) == []


@pytest.mark.parametrize("count", [1, 50, 200])
async def test_writes_that_come_together_share_commits(store: Store, count: int) -> None:
    before = store.commits
    assert await in_one_group(store, *(partial(note, number=n) for n in range(count))) == list(range(count))

    assert store.commits - before == (count + 1 + GROUP_LIMIT - 1) // GROUP_LIMIT
    assert await store.read(numbers) == list(range(count))


async def test_intents_run_in_the_order_they_were_given(store: Store) -> None:
    ran: list[int] = []
    await in_one_group(store, *(lambda _conn, n=n: ran.append(n) for n in range(150)))

    assert ran == list(range(150))


async def test_an_intent_that_raises_is_undone_alone(store: Store) -> None:
    before = store.commits
    results = await in_one_group(
        store, partial(note, number=1), partial(note_and_fail, number=2), partial(note, number=3)
    )

    assert store.commits - before == 1
    assert results[0] == 1
    assert isinstance(results[1], LookupError)
    assert results[2] == 3
    assert await store.read(numbers) == [1, 3]


@pytest.mark.parametrize(("mistake", "told"), [(StopIteration, RuntimeError), (GeneratorExit, GeneratorExit)])
async def test_no_mistake_of_an_intent_leaves_anybody_waiting(
    store: Store, mistake: type[BaseException], told: type[BaseException]
) -> None:
    def mistaken(_conn: Connection) -> None:
        raise mistake

    with pytest.raises(told):
        await asyncio.wait_for(store.write(mistaken), 10)
    assert await asyncio.wait_for(store.write(note, 1), 10) == 1


async def test_an_error_of_the_database_reaches_its_caller_as_ours(store: Store) -> None:
    await store.write(note, 1)
    twice, other = await in_one_group(store, partial(note, number=1), partial(note, number=2))

    assert type(twice) is StoreError
    assert isinstance(twice.__cause__, IntegrityError)
    assert other == 2


@pytest.mark.parametrize("through", ["write", "read"])
async def test_an_error_does_not_carry_what_was_said(store: Store, through: str) -> None:
    said = "-".join("secret")  # a traceback shows our own lines, so it must not stand in one
    await store.write(note, 1)
    with pytest.raises(StoreError) as refused:
        await getattr(store, through)(note, 1, text=said)

    assert said not in "".join(traceback.format_exception(refused.value))


async def test_nobody_else_writes_between_what_an_intent_reads_and_what_it_writes(
    store: Store, tmp_path: Path
) -> None:
    def read_then_write(conn: Connection) -> int:
        count = len(numbers(conn))
        with (
            closing(sqlite3.connect(tmp_path / "gatepost.db", timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("INSERT INTO notes VALUES (1, '')")
        return note(conn, count)

    assert await store.write(read_then_write) == 0


async def test_an_intent_may_survive_its_own_conflict(store: Store) -> None:
    def keep_first(conn: Connection) -> str:
        try:
            with conn.begin_nested():
                note(conn, 1, text="second")
        except IntegrityError:
            note(conn, 2, text="beside")
        return str(conn.scalar(select(notes.c.text).where(notes.c.id == 1)))

    await store.write(note, 1, text="first")

    assert await store.write(keep_first) == "first"
    assert await store.read(numbers) == [1, 2]


async def test_a_caller_that_is_cancelled_disturbs_nobody_and_its_intent_is_carried_out(store: Store) -> None:
    gate = threading.Event()
    holding = asyncio.ensure_future(store.write(lambda _conn: gate.wait(10)))
    cancelled = asyncio.ensure_future(store.write(note, 1))
    staying = asyncio.ensure_future(store.write(note, 2))
    await asyncio.sleep(0)
    cancelled.cancel()
    gate.set()

    assert await staying == 2
    assert await holding
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert await store.read(numbers) == [1, 2]


async def test_a_read_that_is_cancelled_leaves_the_readers_usable(store: Store) -> None:
    def long(conn: Connection) -> None:
        conn.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 300000) SELECT max(i) FROM n"
        )

    for _ in range(6):
        reading = asyncio.ensure_future(store.read(long))
        await asyncio.sleep(0.002)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    await store.write(note, 1)
    assert await asyncio.gather(*(store.read(numbers) for _ in range(12))) == [[1]] * 12


async def test_closing_waits_for_a_read_that_nobody_waits_for_any_more(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/gatepost.db")
    begun, go_on, found = asyncio.Event(), asyncio.Event(), []

    def slow(conn: Connection) -> None:
        begun.set()
        await_only(go_on.wait())
        found.append(conn.exec_driver_sql("SELECT 1").scalar())

    reading = asyncio.ensure_future(store.read(slow))
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    closing_it = asyncio.ensure_future(store.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing_it

    assert found == [1]


@pytest.mark.parametrize("cancelled", [False, True])
async def test_nothing_is_open_any_more_once_the_store_is_closed(tmp_path: Path, *, cancelled: bool) -> None:
    store = open_store(f"sqlite:///{tmp_path}/gatepost.db")
    await store.write(make_tables)
    await store.read(numbers)
    begun, go_on = asyncio.Event(), asyncio.Event()

    def slow(_: Connection) -> None:
        begun.set()
        await_only(go_on.wait())

    reading = asyncio.ensure_future(store.read(slow))
    await begun.wait()
    closing_it = asyncio.ensure_future(store.close())
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match="closed"):
        await store.read(numbers)
    if cancelled:
        closing_it.cancel()
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(closing_it, reading, return_exceptions=True)

    assert closing_it.cancelled() is cancelled

    with pytest.raises(StoreError, match="closed"):
        await store.read(numbers)
    assert not (tmp_path / "gatepost.db-wal").exists()  # which goes with the last connection


async def test_a_commit_that_fails_fails_everybody_in_it_and_nobody_else(store: Store) -> None:
    before = store.commits
    results = await in_one_group(
        store, partial(note, number=1), partial(remark, number=99), partial(note, number=2)
    )

    assert [type(result) for result in results] == [StoreError] * 3
    assert len({id(result) for result in results}) == 3, "an error raised in two tasks mixes their tracebacks"
    assert store.commits == before
    assert await store.read(numbers) == []
    assert await store.write(note, 3) == 3


async def test_a_full_database_says_so_loses_nothing_and_goes_on_once_there_is_room(store: Store) -> None:
    def limit(conn: Connection, pages: int) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def pages(conn: Connection) -> int:
        return int(conn.exec_driver_sql("PRAGMA page_count").scalar_one())

    await store.write(note, 0)
    await store.write(limit, await store.write(pages) + 20)
    answers = await asyncio.gather(
        *(store.write(note, number, text="x" * 4000) for number in range(1, 300)), return_exceptions=True
    )
    kept = [answer for answer in answers if isinstance(answer, int)]

    assert {type(answer) for answer in answers} == {int, StoreFull}
    assert await store.read(numbers) == [0, *kept]
    await store.write(limit, 100_000)
    assert await store.write(note, 1000) == 1000


async def test_an_intent_after_the_database_dropped_the_transaction_is_not_committed_by_itself(
    store: Store,
) -> None:
    def drop_everything(conn: Connection) -> None:
        note(conn, 1)
        conn.exec_driver_sql("INSERT OR ROLLBACK INTO notes VALUES (1, '')")

    results = await in_one_group(store, partial(note, number=5), drop_everything, partial(note, number=6))

    assert [type(result) for result in results] == [StoreError, StoreError, int]
    assert await store.read(numbers) == [6]


async def test_the_log_file_shrinks_again_after_a_long_read(store: Store, tmp_path: Path) -> None:
    def fill(conn: Connection, first: int) -> None:
        conn.execute(insert(notes), [{"id": first + n, "text": "x" * 10_000} for n in range(500)])

    reading = sqlite3.connect(tmp_path / "gatepost.db", isolation_level=None)
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM notes").fetchone()
    for group in range(8):
        await store.write(fill, group * 1000)
    grown = (tmp_path / "gatepost.db-wal").stat().st_size
    reading.close()
    for number in range(3):
        await store.write(note, 100_000 + number)

    assert grown > 30_000_000
    assert (tmp_path / "gatepost.db-wal").stat().st_size <= 16 << 20


async def test_closing_carries_out_what_was_given_and_refuses_the_rest(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/gatepost.db")
    await store.write(make_tables)
    given = [asyncio.ensure_future(store.write(note, number)) for number in range(100)]
    await asyncio.sleep(0)
    await store.close()

    assert await asyncio.gather(*given) == list(range(100))
    with pytest.raises(StoreError):
        await store.write(note, 1000)
    await store.close()


async def test_a_write_is_flushed_to_the_disk(store: Store) -> None:
    def pragmas(conn: Connection) -> tuple[object, ...]:
        return tuple(
            conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        )

    full = 2
    assert await store.write(pragmas) == (full, "wal", 1)
