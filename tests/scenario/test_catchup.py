"""What was said while we were away is answered when young, offered when old, and never taken in twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.catchup import ANSWERED_WITHIN, OFFERED_WITHIN, OVERLAP, CatchUp
from bot.conversation import words
from bot.messages import ActionName, Inbound, InboundKind, Person, Place
from bot.store.intents.absence import present, present_until
from tests.house import House, house
from tests.town import ADA, CHANNEL, DM, GRACE, THREAD, Town

NOW = 1_800_000_000.0
LAST_SEEN = NOW - 3600.0


@dataclass
class Source:
    """A platform that lists what was said. `failures` is how often it stumbles first, over `unread` once each."""

    said: list[Inbound] = field(default_factory=list)
    failures: int = 0
    connected: bool = True
    asked: list[float] = field(default_factory=list)
    known: Sequence[Place] = ()
    unread: list[Place] = field(default_factory=list)
    read: list[Place] = field(default_factory=list)
    tell: Callable[[], None] = lambda: None

    def listening(self) -> bool:
        return self.connected

    def when_missed(self, tell: Callable[[], None]) -> None:
        self.tell = tell

    async def places_since(self, since: float, known: Sequence[Place]) -> Sequence[Place]:
        self.asked.append(since)
        self.known = known
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return list(dict.fromkeys(one.place for one in self.said))

    async def said_since(self, place: Place, since: float, limit: int) -> Sequence[Inbound]:
        self.read.append(place)
        if place in self.unread:
            self.unread.remove(place)
            raise ConnectionError
        return [one for one in self.said if one.place == place and one.sent_at > since][-limit:]


def said(
    number: int, text: str, ago: float, place: Place = THREAD, who: Person = ADA, *, addressed: bool = True
) -> Inbound:
    name = f"missed-{number}"
    kind = InboundKind.MESSAGE
    return Inbound(f"message:{name}", kind, place, name, who, NOW - ago, text=text, addressed=addressed)


@asynccontextmanager
async def catching_up(home: House, source: Source, last_seen: float | None = LAST_SEEN) -> AsyncIterator[None]:
    """Catch up from then on, as after a start."""
    if last_seen is not None:
        await home.store.write(present, "town", last_seen)
    work = asyncio.create_task(CatchUp("town", source, home.intake, home.store, lambda: NOW, pause=0.01).run())
    await asyncio.sleep(0)
    source.tell()
    try:
        yield
    finally:
        work.cancel()


async def noted(home: House) -> None:
    """Wait until it was noted that we are here now."""
    async with asyncio.timeout(10):
        while await home.store.read(present_until, "town") != NOW:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.005)


async def test_whoever_has_to_know_is_told_that_something_may_have_been_missed(tmp_path: Path) -> None:
    source, told = Source([]), list[str]()
    async with house(tmp_path) as home:
        CatchUp("town", source, home.intake, home.store, lambda: NOW, missed=told.append)
        source.tell()

    assert told == ["town"]


async def test_a_young_question_is_answered_as_if_it_came_now(tmp_path: Path) -> None:
    source = Source([said(1, "are you there?", ANSWERED_WITHIN - 60)])
    async with house(tmp_path) as home, catching_up(home, source):
        answering = await home.answer("I am.")
        await home.answered()

        assert "are you there?" in answering.question
        assert source.asked == [LAST_SEEN - OVERLAP]


async def test_old_questions_of_a_place_are_offered_in_one_message_and_answered_when_wanted(
    tmp_path: Path,
) -> None:
    source = Source([said(1, "what is a heron?", 3000), said(2, "and an egret?", 2900)])
    async with house(tmp_path) as home, catching_up(home, source):
        await home.town.until(lambda town: len(town.ours()) == 1 and town.ours()[0].final)
        offer = home.town.ours()[0]
        assert offer.status == words.MISSED
        assert home.asked.empty()

        await home.people.press(ActionName.REGENERATE, offer)
        answering = await home.answer("Both are herons.")
        await home.answered()

        assert "what is a heron?" in answering.prompt
        assert "and an egret?" in answering.prompt
        assert [one.text for one in home.town.ours()] == ["Both are herons."]


async def test_an_offer_that_a_crash_kept_from_being_shown_is_shown_at_the_next_start(tmp_path: Path) -> None:
    town, source = Town(), Source([said(1, "what is a heron?", 3000)])
    town.open.clear()
    async with house(tmp_path, town, orderly=False) as home, catching_up(home, source):
        await home.store_holds("stopped")
    town.open.set()
    async with house(tmp_path, town):
        await town.until(lambda town: [one.status for one in town.ours()] == [words.MISSED])


async def test_what_came_in_before_is_neither_answered_nor_offered_again(tmp_path: Path) -> None:
    source = Source()
    async with house(tmp_path) as home:
        asked = await home.people.say("hello")
        await home.answer("Hi.")
        await home.answered()
        source.said = [replace(asked, sent_at=NOW - 60), replace(asked, sent_at=NOW - 3000)]
        async with catching_up(home, source):
            await noted(home)
        await home.rest()

        assert len(home.town.ours()) == 1
        assert home.asked.empty()


async def test_what_was_not_said_to_us_is_remembered_where_we_talk(tmp_path: Path) -> None:
    source = Source([said(1, "lunch at noon", 3000, who=GRACE, addressed=False)])
    async with house(tmp_path) as home:
        await home.people.say("hello")
        await home.answer("Hi.")
        await home.answered()
        async with catching_up(home, source):
            await noted(home)
        await home.people.say("when is lunch?")
        answering = await home.answer("At noon.")

        assert "lunch at noon" in answering.prompt


async def test_a_platform_that_stumbles_is_asked_again_before_we_say_that_we_are_here(tmp_path: Path) -> None:
    source = Source([said(1, "are you there?", 60)], failures=1)
    async with house(tmp_path) as home, catching_up(home, source):
        await home.answer("I am.")
        await home.answered()

        assert len(source.asked) == 2


async def test_only_a_place_that_could_not_be_read_is_read_again(tmp_path: Path) -> None:
    source = Source([said(1, "are you there?", 60), said(2, "and here?", 60, DM)], unread=[THREAD])
    async with house(tmp_path) as home, catching_up(home, source):
        await noted(home)

        assert source.read == [THREAD, DM, THREAD]


async def test_the_first_start_of_all_looks_back_at_nothing(tmp_path: Path) -> None:
    source = Source([said(1, "said before we were invited", 60)])
    async with house(tmp_path) as home, catching_up(home, source, last_seen=None):
        await noted(home)

        assert source.asked == []
        assert home.asked.empty()


async def test_who_died_before_it_ever_heard_anything_looks_back_to_its_first_start(tmp_path: Path) -> None:
    source = Source([said(1, "asked in its first moments", 1)], connected=False)
    async with house(tmp_path) as home:
        killed = asyncio.create_task(CatchUp("town", source, home.intake, home.store, lambda: NOW - 5).run())
        async with asyncio.timeout(10):
            while await home.store.read(present_until, "town") is None:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.005)
        killed.cancel()
        source.connected = True
        async with catching_up(home, source, last_seen=None):
            await home.answer("here it is")
            await home.answered()

        assert source.asked == [NOW - 5 - OVERLAP]


async def test_a_long_absence_is_looked_back_at_for_a_week(tmp_path: Path) -> None:
    source = Source()
    async with house(tmp_path) as home, catching_up(home, source, last_seen=NOW - 90 * 24 * 3600.0):
        await noted(home)

        assert source.asked == [NOW - OFFERED_WITHIN]


async def test_nothing_is_noted_while_nobody_listens(tmp_path: Path) -> None:
    source = Source(connected=False)
    async with house(tmp_path) as home, catching_up(home, source):
        async with asyncio.timeout(5):
            while not source.asked:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)

        assert await home.store.read(present_until, "town") == LAST_SEEN


async def test_direct_messages_we_talked_in_are_looked_at_too(tmp_path: Path) -> None:
    source = Source()
    async with house(tmp_path) as home:
        await home.people.say("hello", place=DM)
        await home.answer("Hi.")
        await home.people.say("hello", place=CHANNEL)
        await home.answer("Hi.")
        await home.answered(2)
        async with catching_up(home, source):
            await noted(home)

        assert list(source.known) == [DM]
