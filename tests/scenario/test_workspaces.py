"""Only the workspaces that the operator names are served; others are told so once, and cost nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.conversation.words import NOT_HERE
from bot.errors import PlatformError
from bot.messages import Failure, FailureKind, Person, Place, PlaceKind
from tests.house import house
from tests.town import ADA, CHANNEL, DM, GRACE, THREAD, TownAdapter

ELSEWHERE = Place("town", "other", "plaza")
PRIVATE = Place("town", "dm", "dm-u1", kind=PlaceKind.DM)


class MembersAdapter(TownAdapter):
    """A town that can tell whose member somebody is: Ada's home is `w`."""

    async def is_member(self, person: Person, workspaces: Sequence[str]) -> bool:
        if person == GRACE:
            raise PlatformError(Failure(FailureKind.TRANSIENT), "just now nobody knows")
        return person == ADA and "w" in workspaces


async def test_others_are_told_once_in_a_channel_and_nothing_is_fetched_or_asked(tmp_path: Path) -> None:
    async with house(tmp_path, workspaces=("town:w", "slack:T1")) as here:
        await here.people.say("hello", place=ELSEWHERE, files={"a.txt": b"x"})
        await here.people.say("hello?", GRACE, ELSEWHERE)
        await here.people.say("hey", place=Place("town", "other", "plaza", "t1", PlaceKind.THREAD))
        await here.people.say("among ourselves", place=ELSEWHERE, addressed=False)
        await here.people.say("and here", place=Place("town", "other", "park"))
        await here.people.say("hello", place=THREAD)
        await here.answer("hi")
        await here.answered(3)

    said = [(message.place, message.text) for message in here.town.ours()]
    assert said == [(ELSEWHERE, NOT_HERE), (Place("town", "other", "park"), NOT_HERE), (THREAD, "hi")]
    assert here.town.fetched == []
    assert len(here.server.seen) == 1


async def test_they_are_not_told_again_after_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path, workspaces=("town:w",)) as first:
        await first.people.say("hello", place=ELSEWHERE)
        await first.town.until(lambda town: town.ours())
    async with house(tmp_path, first.town, workspaces=("town:w",)) as second:
        await second.people.say("hello again", place=ELSEWHERE)
        await second.rest()

    assert [message.text for message in first.town.ours()] == [NOT_HERE]


async def test_whoever_types_a_command_there_is_told_privately_each_time(tmp_path: Path) -> None:
    async with house(tmp_path, workspaces=("town:w",)) as here:
        for _ in range(2):
            await here.people.command("model", place=ELSEWHERE, id="zeta/fast-3")
        choices = await here.intake.complete(ELSEWHERE, ADA, "model", "id", "")

    assert here.town.whispers == [(ADA, NOT_HERE)] * 2
    assert here.town.ours() == []
    assert list(choices) == []


async def test_without_a_list_everybody_is_served(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("hello", place=ELSEWHERE)
        await here.answer("hi")
        await here.answered()

    assert here.town.ours()[0].text == "hi"


async def test_members_of_a_named_workspace_are_served_in_direct_messages_that_belong_to_none(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, workspaces=("town:w",), adapter=MembersAdapter) as here:
        await here.people.say("hello", ADA, PRIVATE)
        await here.answer("hi")
        await here.answered()
        for stranger in (Person("u9", "Mallory"), GRACE):
            await here.people.say("hello", stranger, Place("town", "dm", f"dm-{stranger.id}", kind=PlaceKind.DM))
        await here.town.until(lambda town: len(town.ours()) == 3)

    assert [message.text for message in here.town.ours()] == ["hi", NOT_HERE, NOT_HERE]


@pytest.mark.parametrize("place", [CHANNEL, DM, THREAD])
async def test_a_named_workspace_is_served_everywhere_in_it(tmp_path: Path, place: Place) -> None:
    async with house(tmp_path, workspaces=("town:w",)) as here:
        await here.people.say("hello", place=place)
        await here.answer("hi")
        await here.answered()

    assert here.town.ours()[0].text == "hi"
