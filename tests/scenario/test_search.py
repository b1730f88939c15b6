"""The finder over real store and embeddings, and a platform that answers, fails, is slow or loses a reader."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection

from bot.errors import BudgetReached, PlatformError, SearchNotReady, StoreError, TimeUnclear
from bot.messages import (
    Audience,
    Embedded,
    Failure,
    FailureKind,
    Hit,
    Model,
    PastMessage,
    Person,
    Place,
    PlaceKind,
    Query,
    Reach,
    Readable,
    Usage,
)
from bot.preferences import NO_TRAINING, SEARCH_BY_MEANING
from bot.search import sources
from bot.search.finder import UNTOLD, Finder, NoSuchChannel
from bot.search.saying import for_model
from bot.search.wish import Asker, Found, Wish
from bot.store.engine import Store, open_store
from bot.store.intents.recorded import forget_message, record
from bot.store.intents.settings import choose
from bot.store.intents.vectors import Owner, vectors_by
from tests.databases import new_database
from tests.town import ADA, GRACE, Town, TownAdapter

NOW = 1_800_000_000.0
SQUARE, DEN = Place("town", "w", "square"), Place("town", "w", "den")
DM = Place("town", "w", "dm-u1", kind=PlaceKind.DM)


def said(place: Place, n: int, text: str, author: Person = GRACE) -> Hit:
    return Hit(place, f"{place.channel}{n}", author, NOW - n, text, f"https://town/{place.channel}/{n}")


@dataclass
class Searchable(TownAdapter):
    """A platform that finds what it is told to, after `before_answer` has happened."""

    town: Town = field(default_factory=Town)
    hits: tuple[Hit, ...] = (said(SQUARE, 1, "the launch is on Friday"), said(DEN, 2, "the launch is on Sunday"))
    fails: Exception | None = None
    slow: bool = False
    revokes: tuple[str, str] | None = None
    asked: list[Query] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.town)

    async def readable(self, person: Person, workspace: str) -> Sequence[Readable]:
        every = [Readable(SQUARE, "square"), Readable(DEN, "den"), Readable(DM, "dm")]
        return [one for one in every if await self.can_read(person, one.place)]

    async def audience(self, place: Place) -> Audience:
        if place.kind is PlaceKind.DM:
            return Audience("town:w", Reach.ALONE, place.key, frozenset({place.key}), alone_with=ADA.id)
        reach = Reach.MEMBERS if place.channel == "den" else Reach.WORKSPACE
        return Audience("town:w", reach, place.parent.key, frozenset({place.parent.key}))

    async def search(self, person: Person, query: Query, handle: str | None) -> Sequence[Hit]:
        self.asked.append(query)
        if self.slow:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise self.fails
        if self.revokes is not None:
            self.town.shut_out.add(self.revokes)
        allowed = {place.key for place in query.places}
        return [hit for hit in self.hits if hit.place.key in allowed]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(new_database(tmp_path / "search.db"))
    yield opened
    await opened.close()


async def find(
    store: Store,
    adapter: Searchable,
    wish: Wish,
    place: Place = SQUARE,
    person: Person = ADA,
    gateway: object = None,
) -> Found:
    finder = Finder(adapter, store, gateway, lambda: NOW)  # type: ignore[arg-type]
    return await finder.find(Asker(person, place, place), wish)


async def test_in_a_channel_it_is_looked_for_there_and_elsewhere_only_when_that_is_said(store: Store) -> None:
    adapter = Searchable()
    near = await find(store, adapter, Wish("launch"))
    wide = await find(store, adapter, Wish("launch", "everywhere"))
    alone = await find(store, adapter, Wish("launch"), DM)

    assert [hit.place for hit in near.here] == [SQUARE]
    assert near.privately == ()
    assert adapter.asked[0].places == (SQUARE,)
    assert ([hit.place for hit in wide.here], [hit.place for hit in wide.privately]) == ([SQUARE], [DEN])
    assert {hit.place for hit in alone.here} == {SQUARE, DEN}


async def test_many_private_messages_take_no_room_from_what_all_may_see(store: Store) -> None:
    many = tuple(said(DEN, n, f"the launch, take {n}") for n in range(200))
    found = await find(
        store, Searchable(hits=(*many, said(SQUARE, 300, "the launch"))), Wish("launch", "everywhere")
    )

    assert [hit.text for hit in found.here] == ["the launch"]
    assert len(found.privately) == 10


@pytest.mark.parametrize("seed", range(10))
async def test_what_all_may_see_is_the_same_to_the_letter_whatever_else_was_found(store: Store, seed: int) -> None:
    chance = Random(seed)
    words = ("launch", "date", "friday", "coffee", "of", "the")
    every = [
        said(chance.choice((SQUARE, DEN)), n, " ".join(chance.choices(words, k=chance.randint(1, 9))))
        for n in range(60)
    ]
    wish = Wish("launch date", "everywhere")
    shown = [
        for_model(await find(store, Searchable(hits=tuple(hits)), wish), wish.words, others_read=True)
        for hits in (every, [one for one in every if one.place == SQUARE])
    ]

    assert shown[0] == shown[1]
    assert "[10]" in shown[0]


async def test_a_channel_is_found_by_its_name_only_by_those_who_can_read_it(store: Store) -> None:
    adapter = Searchable()
    adapter.town.shut_out.add((GRACE.id, "den"))
    for name in ("den", "#den", "DEN", "<#den|x>"):
        found = await find(store, adapter, Wish("launch", name), DM)
        assert [hit.place for hit in found.here] == [DEN]
    named_openly = await find(store, adapter, Wish("launch", "den"))

    assert named_openly.hidden
    assert [hit.place for hit in named_openly.privately] == [DEN]
    for person, name in ((GRACE, "den"), (ADA, "no-such")):
        with pytest.raises(NoSuchChannel):
            await find(store, adapter, Wish("launch", name), SQUARE, person)


async def test_whoever_loses_a_channel_while_it_is_searched_is_shown_nothing_of_it(store: Store) -> None:
    adapter = Searchable(revokes=(ADA.id, "den"))
    found = await find(store, adapter, Wish("launch"), DM)

    assert [hit.place for hit in found.here] == [SQUARE]
    assert found.privately == ()


@pytest.mark.parametrize(
    ("fails", "note"),
    [
        (SearchNotReady("Not yet."), "Not yet."),
        (PlatformError(Failure(FailureKind.FORBIDDEN), "no"), "could not be searched just now"),
        (StoreError("odd"), "could not be searched just now"),
    ],
)
async def test_a_source_that_fails_is_named_and_the_others_answer(
    store: Store, fails: Exception, note: str
) -> None:
    adapter = Searchable(fails=fails)
    adapter.town.add("the launch is on Friday", GRACE, SQUARE)
    found = await find(store, adapter, Wish("launch Friday"))

    assert [hit.text for hit in found.here] == ["the launch is on Friday"]
    assert any(note in one for one in found.notes)


async def test_a_source_that_is_too_slow_is_not_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SECONDS", 0.02)
    found = await find(store, Searchable(slow=True), Wish("launch"))

    assert "The platform's own search did not answer in time." in found.notes


async def test_nothing_is_looked_through_for_somebody_who_can_not_read_here(store: Store) -> None:
    adapter = Searchable()
    adapter.town.shut_out.add((ADA.id, "square"))
    found = await find(store, adapter, Wish("launch"))

    assert (found.here, found.privately, adapter.asked) == ((), (), [])
    assert found.notes == (UNTOLD,)


async def test_a_time_is_meant_in_the_askers_zone_and_one_that_is_none_is_asked_about(store: Store) -> None:
    adapter = Searchable()
    lima = Person(ADA.id, "Ada", time_zone="America/Lima")
    await find(store, adapter, Wish("launch", after="2027-01-15"), person=lima)

    assert adapter.asked[0].after == 1_799_989_200.0
    with pytest.raises(TimeUnclear):
        await find(store, adapter, Wish("launch", before="soonish"))


async def test_somebody_is_meant_by_me_by_mention_or_by_name(store: Store) -> None:
    adapter = Searchable()
    adapter.hits = (said(SQUARE, 1, "launch one", ADA), said(SQUARE, 2, "launch two", GRACE))
    by = {
        words: [hit.text for hit in (await find(store, adapter, Wish("launch", author=words))).here]
        for words in ("me", "@Grace", "grace", "<@u2>", "Nobody")
    }

    assert by["me"] == ["launch one"]
    assert by["@Grace"] == by["grace"] == by["<@u2>"] == ["launch two"]
    assert by["Nobody"] == []
    assert [query.author for query in adapter.asked] == [ADA.id, None, None, "u2", None]


class Counting:
    """A gateway whose vectors say whether a text is about flying, and that counts what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.fails: Exception | None = None

    def search(self, *_: object, **__: object) -> Sequence[object]:
        dear = Model("acme/dear", type="embedding", input_price="0.1")
        return [dear, Model("acme/embed", type="embedding", input_price="0.000001"), Model("acme/unpriced")]

    async def embed(
        self, texts: Sequence[str], model: str, dimensions: int | None = None, **_: object
    ) -> Embedded:
        if self.fails is not None:
            raise self.fails
        self.texts += texts
        about = ("fly", "launch", "rocket")
        vectors = tuple((1.0, 0.0) if any(word in text for word in about) else (0.0, 1.0) for text in texts)
        return Embedded(model, vectors, Usage(), ())


async def test_by_meaning_only_where_that_is_chosen_and_never_of_what_may_not_be_kept(store: Store) -> None:
    gateway, adapter = Counting(), Searchable()
    adapter.hits = (
        said(SQUARE, 1, "lunch is at noon"),
        said(SQUARE, 2, "when does it fly"),
        Hit(SQUARE, "s3", GRACE, NOW - 3, "a rocket, as another tells it", fleeting=True),
    )
    plain = await find(store, adapter, Wish("launch"), gateway=gateway)
    untouched = list(gateway.texts)
    await store.write(choose, SQUARE.key, SEARCH_BY_MEANING.name, "on")
    meant = await find(store, adapter, Wish("launch"), gateway=gateway)
    gateway.fails = BudgetReached("Nothing is left for today.")
    unpaid = await find(store, adapter, Wish("launch"), gateway=gateway)
    await store.write(choose, SQUARE.key, NO_TRAINING.name, "on")
    private = await find(store, adapter, Wish("launch"), gateway=gateway)

    assert untouched == []
    assert plain.here[0].text == "lunch is at noon"
    assert meant.here[0].text == "when does it fly"
    assert "a rocket, as another tells it" not in gateway.texts
    assert "Nothing is left for today." in unpaid.unordered
    assert len(unpaid.here) == 3
    assert "no embedding model promises the privacy" in private.unordered


async def test_what_we_keep_ourselves_has_its_vector_kept_beside_it_and_gone_with_it(store: Store) -> None:
    gateway, adapter = Counting(), Searchable(hits=())
    await store.write(choose, SQUARE.key, SEARCH_BY_MEANING.name, "on")
    for n, text in enumerate(("the launch pad", "launch at noon")):
        await store.write(record, [PastMessage(f"m{n}", GRACE, text, NOW - n, place=SQUARE)])
    await find(store, adapter, Wish("launch"), gateway=gateway)
    first, gateway.texts = gateway.texts, []
    await find(store, adapter, Wish("launch"), gateway=gateway)
    again = gateway.texts
    before = await store.read(_vectors)
    await store.write(forget_message, SQUARE, "m0")

    assert sorted(first) == ["launch", "launch at noon", "the launch pad"]
    assert again == ["launch"]
    assert (len(before), len(await store.read(_vectors))) == (2, 1)


def _vectors(conn: Connection) -> list[int]:
    return [number for number, _ in vectors_by(conn, Owner.MESSAGE, "acme/embed", 2)]
