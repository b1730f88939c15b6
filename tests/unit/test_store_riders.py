"""An intent that rides along costs no COMMIT of its own, and is not lost for that."""

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.errors import StoreError
from bot.store.engine import Store, open_store
from tests.unit.store_notes import in_one_group, make_tables, note, note_and_fail, numbers, remark


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/gatepost.db")
    await opened.write(make_tables)
    yield opened
    await opened.close()


async def test_what_rides_along_is_carried_out_first_in_its_order_and_in_the_same_commit(store: Store) -> None:
    before = store.commits
    store.write_along(note, 1)
    store.write_along(note, 2)
    seen = await store.write(numbers)

    assert seen == [1, 2]
    assert store.commits == before + 1


async def test_it_stays_ahead_of_a_write_that_joins_a_commit_already_under_way(store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    before = store.commits
    holding = asyncio.ensure_future(store.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    store.write_along(note, 1)
    writing = asyncio.ensure_future(store.write(numbers))
    await asyncio.sleep(0)
    go_on.set()

    assert await writing == [1]
    await holding
    assert store.commits == before + 1


async def test_it_never_overtakes_a_write_that_was_given_before_it(store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()
    seen: list[list[int]] = []

    def slow(_: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    before = store.commits
    holding = asyncio.ensure_future(store.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    writing = asyncio.ensure_future(store.write(note, 1))
    await asyncio.sleep(0)
    store.write_along(lambda conn: seen.append(numbers(conn)))
    go_on.set()
    await asyncio.gather(holding, writing)

    assert seen == [[1]]
    assert store.commits == before + 1


async def test_without_anything_to_ride_with_it_gets_a_commit_of_its_own(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine.RIDE_SECONDS", 0.01)
    store.write_along(note, 1)
    async with asyncio.timeout(5):
        while await store.read(numbers) != [1]:  # noqa: ASYNC110 - a store has no bell
            await asyncio.sleep(0.01)


async def test_closing_carries_out_what_still_waits_for_a_ride(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gatepost.db"
    first = open_store(url)
    await first.write(make_tables)
    first.write_along(note, 1)
    await first.close()
    with pytest.raises(StoreError):
        first.write_along(note, 2)

    second = open_store(url)
    found = await second.read(numbers)
    await second.close()
    assert found == [1]


async def test_one_that_raises_harms_nobody(store: Store) -> None:
    store.write_along(note_and_fail, 1)
    store.write_along(note, 2)

    assert await store.write(note, 3) == 3
    assert await store.read(numbers) == [2, 3]


async def test_a_commit_that_fails_takes_it_along_and_the_next_one_carries_it_out(store: Store) -> None:
    store.write_along(note, 1)
    (failed,) = await in_one_group(store, partial(remark, number=99))
    before = await store.read(numbers)
    await store.write(note, 2)

    assert isinstance(failed, StoreError)
    assert before == []
    assert await store.read(numbers) == [1, 2]


async def test_what_could_not_be_carried_out_is_tried_again_by_itself(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine.RIDE_SECONDS", 0.01)
    monkeypatch.setattr("bot.store.engine.RIDE_AGAIN_SECONDS", 0.01)
    failures = iter((True, True, False))

    def stumble(conn: Connection) -> None:
        note(conn, 1)
        if next(failures):
            remark(conn, 99)

    store.write_along(stumble)
    async with asyncio.timeout(5):
        while await store.read(numbers) != [1]:  # noqa: ASYNC110 - a store has no bell
            await asyncio.sleep(0.01)
