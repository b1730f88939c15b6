"""What of a reminder its owner is told once they can't read any more where its words come from."""

from dataclasses import replace

import pytest

from bot.messages import Caller, Person, Place, PlaceKind, Reminder, Where
from bot.reminders.discretion import OUT_OF_SIGHT, for_owner

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
