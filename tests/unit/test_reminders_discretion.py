"""What of a reminder its owner is told once they can't read any more where its words come from."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from bot.errors import ReminderRefused
from bot.messages import Caller, Person, Place, PlaceKind, Reminder, Where
from bot.reminders.book import ReminderBook
from bot.reminders.discretion import OUT_OF_SIGHT, for_owner
from bot.store.engine import open_store

ADA = Person("u1", "Ada")
CELLAR = Place("town", "w", "cellar")
ALONE = Place("town", "w", "dm-u1", kind=PlaceKind.DM)
SPOKEN = Reminder("r1", 1, ADA, CELLAR, Where.ME, "fetch the keys", "UTC", "2026-11-25T09:00:00", 0.0, aloud=True)


async def everywhere(_person: Person, _place: Place) -> bool:
    return True


async def nowhere(_person: Person, _place: Place) -> bool:
    return False


async def test_what_a_model_wrote_where_others_read_is_told_to_whoever_can_read_there() -> None:
    quoting = replace(SPOKEN, quote="under the mat", about="m1")

    assert await for_owner(quoting, everywhere) == quoting
    assert await for_owner(quoting, nowhere) == replace(quoting, text=OUT_OF_SIGHT, quote="")


async def test_ones_own_words_and_those_of_ones_direct_messages_are_always_told() -> None:
    own, alone = replace(SPOKEN, own=True), replace(SPOKEN, made_in=ALONE)

    assert await for_owner(own, nowhere) == own
    assert await for_owner(alone, nowhere) == alone


@pytest.mark.parametrize(
    ("caller", "own"),
    [
        (Caller("k", ADA, CELLAR), True),
        (Caller("k", ADA, CELLAR, aloud=True, said="Remind me at 9 to FETCH  the keys, please"), True),
        (Caller("k", ADA, CELLAR, aloud=True, said="Remind me at 9 of what Grace wrote"), False),
        (Caller("k", ADA, CELLAR, aloud=True), False),
    ],
)
def test_words_are_ones_own_where_one_typed_them(caller: Caller, own: bool) -> None:
    assert caller.words("fetch the keys") is own


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[ReminderBook]:
    store = open_store(f"sqlite:///{tmp_path}/gatepost.db")
    ids = map(str, count())
    yield ReminderBook(store, lambda: 0.0, lambda: next(ids))
    await store.close()


async def test_a_new_text_is_known_to_nobody_who_did_not_hear_it(book: ReminderBook) -> None:
    there = Caller("k1", ADA, CELLAR, aloud=True, said="remind me in 1 hour to call Bob")
    await book.make(there, "in 1 hour", "call Bob")
    await book.change(Caller("k2", ADA, ALONE, aloud=True), 1, text="call the lawyer")

    assert "call the lawyer" in await book.list(Caller("k3", ADA, ALONE, aloud=True))
    assert "lawyer" not in await book.list(Caller("k4", ADA, CELLAR, aloud=True))


async def test_what_a_model_makes_of_others_words_goes_into_no_reminder_from_elsewhere(
    book: ReminderBook,
) -> None:
    attic = Caller("k2", ADA, Place("town", "w", "attic"), aloud=True, said="put into reminder 1: Grace's code")
    await book.make(Caller("k1", ADA, CELLAR), "in 1 hour", "call Bob")
    with pytest.raises(ReminderRefused, match="made elsewhere"):
        await book.change(attic, 1, text="the code is 1234")

    await book.change(attic, 1, text="Grace's code")
    assert "Grace's code" in await book.list(Caller("k3", ADA, ALONE))
