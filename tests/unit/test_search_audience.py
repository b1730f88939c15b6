"""Who may be shown what: the rule as a table, as a law over generated readers, and with a platform that fails."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PlatformError
from bot.messages import Audience, Failure, FailureKind, Place, PlaceKind, Reach
from bot.search.audience import Disclosure, Discretion, covers
from tests.town import ADA, GRACE, Town, TownAdapter

SQUARE = Place("town", "w", "square")
IN_SQUARE = Place("town", "w", "square", "t1", PlaceKind.THREAD)
QUIET = Place("town", "w", "square", "t2", PlaceKind.THREAD)
DEN = Place("town", "w", "den")
MARKET = Place("town", "w", "market")
ABROAD = Place("town", "v", "square")
DM = Place("town", "w", "dm", kind=PlaceKind.DM)


def audience(circle: str, reach: Reach = Reach.MEMBERS, *, of: str = "town:w", **more: object) -> Audience:
    within = frozenset({circle, *more.pop("within", ())})  # type: ignore[misc]
    return Audience(of, reach, circle, within, **more)  # type: ignore[arg-type]


AUDIENCES = {
    SQUARE.key: audience("square", Reach.WORKSPACE),
    IN_SQUARE.key: audience("square", Reach.WORKSPACE),
    QUIET.key: audience("t2", within=("square",)),
    DEN.key: audience("den"),
    MARKET.key: audience("market", Reach.WORKSPACE, outsiders=True),
    ABROAD.key: audience("abroad", Reach.WORKSPACE, of="town:v"),
    DM.key: audience("dm", Reach.ALONE, alone_with=ADA.id),
}


@dataclass
class Onlooking(TownAdapter):
    """The town's adapter, and who reads where; `broken` can't be told of."""

    town: Town
    audiences: Mapping[str, Audience] = field(default_factory=lambda: AUDIENCES)
    broken: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        super().__init__(self.town)

    async def audience(self, place: Place) -> Audience:
        if place.key in self.broken:
            raise PlatformError(Failure(FailureKind.TRANSIENT), "not now")
        return self.audiences[place.key]


@pytest.mark.parametrize(
    ("source", "here", "shown"),
    [
        (SQUARE, SQUARE, Disclosure.HERE),
        (SQUARE, IN_SQUARE, Disclosure.HERE),
        (IN_SQUARE, SQUARE, Disclosure.HERE),
        (SQUARE, QUIET, Disclosure.HERE),
        (QUIET, SQUARE, Disclosure.PRIVATELY),
        (SQUARE, DEN, Disclosure.HERE),
        (DEN, SQUARE, Disclosure.PRIVATELY),
        (DEN, DEN, Disclosure.HERE),
        (QUIET, DEN, Disclosure.PRIVATELY),
        (SQUARE, MARKET, Disclosure.PRIVATELY),
        (MARKET, SQUARE, Disclosure.HERE),
        (MARKET, MARKET, Disclosure.HERE),
        (ABROAD, SQUARE, Disclosure.PRIVATELY),
        (DM, SQUARE, Disclosure.PRIVATELY),
        (DM, DEN, Disclosure.PRIVATELY),
        (DM, DM, Disclosure.HERE),
        (DEN, DM, Disclosure.HERE),
        (SQUARE, DM, Disclosure.HERE),
        (ABROAD, DM, Disclosure.HERE),
    ],
)
async def test_what_was_said_in_one_place_is_shown_in_another_by_this_table(
    source: Place, here: Place, shown: Disclosure
) -> None:
    asked = Discretion(Onlooking(Town()))

    assert await asked.disclosures([source], here, ADA) == {source.key: shown}
    assert await asked.may_show(source, here, ADA) is (shown is Disclosure.HERE)


async def test_nobody_is_shown_what_they_can_not_open_themselves() -> None:
    town = Town()
    town.shut_out.add((ADA.id, "den"))
    asked = Discretion(Onlooking(town))

    assert await asked.disclosures([DEN], DM, ADA) == {DEN.key: Disclosure.NOT}
    assert await asked.disclosures([DEN], DEN, ADA) == {DEN.key: Disclosure.NOT}


async def test_the_direct_message_of_another_is_no_place_to_show_things_to_the_asker() -> None:
    asked = Discretion(Onlooking(Town()))

    assert await asked.disclosures([SQUARE], DM, GRACE) == {SQUARE.key: Disclosure.PRIVATELY}


@pytest.mark.parametrize("broken", [SQUARE, DEN])
async def test_what_the_platform_can_not_tell_counts_as_a_no(broken: Place) -> None:
    asked = Discretion(Onlooking(Town(), broken=frozenset({broken.key})))

    assert await asked.disclosures([SQUARE], DEN, ADA) == {SQUARE.key: Disclosure.PRIVATELY}


async def test_a_platform_that_takes_too_long_to_tell_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Onlooking):
        async def audience(self, place: Place) -> Audience:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr("bot.search.audience.PATIENCE", 0.01)

    assert await Discretion(Slow(Town())).disclosures([SQUARE], DEN, ADA) == {SQUARE.key: Disclosure.PRIVATELY}


async def test_a_platform_that_knows_nothing_of_audiences_shows_things_only_where_they_were_said() -> None:
    asked = Discretion(TownAdapter(Town()))

    assert await asked.disclosures([SQUARE, DEN], SQUARE, ADA) == {
        SQUARE.key: Disclosure.HERE,
        DEN.key: Disclosure.PRIVATELY,
    }
    assert await asked.disclosures([Place("elsewhere", "w", "c")], SQUARE, ADA) == {
        "elsewhere:w:c": Disclosure.NOT
    }


# --- the law: nobody reads through us what they can not read -------------------------------------

FULL, GUESTS = ("ada", "bob", "cleo"), ("guest", "alien")
ROOMS = ("a", "b", "c")


@dataclass(frozen=True)
class Room:
    """A channel of a workspace, as a platform would have it; with a quiet thread in it, perhaps."""

    name: str
    public: bool
    members: frozenset[str]
    quiet: frozenset[str]

    @property
    def readers(self) -> frozenset[str]:
        return (frozenset(FULL) if self.public else frozenset()) | self.members

    @property
    def audience(self) -> Audience:
        outsiders = not self.members.isdisjoint(GUESTS)
        return audience(self.name, Reach.WORKSPACE if self.public else Reach.MEMBERS, outsiders=outsiders)

    @property
    def thread(self) -> tuple[frozenset[str], Audience]:
        outsiders = self.audience.outsiders
        return self.readers & self.quiet, audience(f"{self.name}/q", within=(self.name,), outsiders=outsiders)


def people() -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from([*FULL, *GUESTS]))


ROOM = st.tuples(*(st.builds(Room, st.just(name), st.booleans(), people(), people()) for name in ROOMS))


@given(ROOM, st.sampled_from([*FULL, *GUESTS]))
def test_whoever_can_read_where_it_is_shown_can_read_where_it_was_said(
    rooms: tuple[Room, ...], asker: str
) -> None:
    places = [(one.readers, one.audience) for one in rooms] + [one.thread for one in rooms]
    alone = (frozenset({asker}), audience("dm", Reach.ALONE, alone_with=asker))
    for readers, source in places:
        if asker not in readers:
            continue  # asked of the platform before the rule is
        for onlookers, here in [*places, alone]:
            if covers(source, here, asker):
                assert onlookers <= readers


@given(ROOM)
def test_the_rule_refuses_no_public_channel_in_a_place_of_full_members(rooms: tuple[Room, ...]) -> None:
    for source in rooms:
        for here in rooms:
            if source.public and here.members.isdisjoint(GUESTS):
                assert covers(source.audience, here.audience, "ada")
