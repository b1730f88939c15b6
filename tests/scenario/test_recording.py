"""Recording: said in the channel first, kept from then on and from before, changed and forgotten as people do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.errors import PlatformError
from bot.messages import (
    Audience,
    Failure,
    FailureKind,
    Inbound,
    PastMessage,
    Person,
    PersonKind,
    Place,
    PlaceKind,
    Query,
    Reach,
    Rendered,
)
from tests.house import House, house
from tests.town import ADA, BEGAN, CHANNEL, DM, GRACE, Shown, Town, TownAdapter

BOT = Person("b1", "Builds", PersonKind.BOT)
SQUARE_THREAD = Place("town", "w", "square", "t9", PlaceKind.THREAD)
NOW, LATER = BEGAN + 100, BEGAN + 2 * 86_400


class RecordedTown(TownAdapter):
    """A town that says who can read a thread, and what hangs on a message. Pages and faults are counted."""

    page = 100

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self.pages: list[str] = []
        self.refused: list[Failure] = []

    async def audience(self, place: Place) -> Audience:
        """Threads are open to their channel's readers."""
        circle = place.parent.key
        return Audience(place.workspace_key, Reach.WORKSPACE, circle, frozenset({circle}))

    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """A page of what was said before."""
        self.pages.append(before)
        if self.refused:
            raise PlatformError(self.refused.pop(0), "not now")
        known = [one for one in self.town.messages.values() if one.place == place]
        until = next(n for n, one in enumerate(known) if one.id == before)
        return [self._past(one) for one in known[:until]][-min(limit, self.page) :]

    async def past_since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        """What was said since."""
        said = [self._past(one) for one in self.town.messages.values() if one.place == place and one.at >= since]
        return said[-limit:]

    def _past(self, one: Shown) -> PastMessage:
        hangs = any(other.place.thread == one.id for other in self.town.messages.values())
        return PastMessage(one.id, one.person, one.text, one.at, one.attachments, one.place, has_thread=hangs)


@asynccontextmanager
async def recorded(
    path: Path,
    town: Town | None = None,
    adapter: type[TownAdapter] = RecordedTown,
    *,
    orderly: bool = True,
    now: float = NOW,
) -> AsyncIterator[House]:
    async with house(path, town, adapter=adapter, clock=lambda: now, records=True, orderly=orderly) as here:
        yield here


async def say(here: House, text: str, place: Place = CHANNEL, who: Person = GRACE) -> Inbound:
    """Something that is not said to the bot."""
    return await here.people.say(text, who, place, addressed=False)


async def switch(here: House, value: str, place: Place = CHANNEL, who: Person = ADA) -> None:
    await here.people.command("settings", who, place, name="recording", value=value)


async def switch_on(here: House, place: Place = CHANNEL) -> None:
    """Switch it on; returns once whoever did was told that it is."""
    so_far = len(here.town.whispers)
    await switch(here, "on", place)
    assert "Recording is on here" in await told(here, so_far)


async def found(here: House, words: str, *places: Place) -> list[str]:
    """The ids of what is found."""
    return [hit.message_id for hit in await here.recording.find(Query(words, places or (CHANNEL,)))]


async def until_found(here: House, words: str, ids: list[str]) -> None:
    async with asyncio.timeout(10):
        while sorted(await found(here, words)) != sorted(ids):  # noqa: ASYNC110 - the index has no bell
            await asyncio.sleep(0.005)


async def told(here: House, so_far: int = 0) -> str:
    """What the person who typed a command was told."""
    await here.town.until(lambda town: len(town.whispers) > so_far)
    return here.town.whispers[-1][1]


async def test_what_others_say_in_a_recorded_channel_and_its_threads_is_found(tmp_path: Path) -> None:
    async with recorded(tmp_path) as here:
        before = await say(here, "nothing of this is kept live")
        assert await found(here, "kept") == []
        await switch_on(here)
        one = await say(here, "the tea is ready")
        two = await say(here, "tea in the thread", SQUARE_THREAD)
        three = await say(here, "tea for builders", who=BOT)
        other = await say(here, "tea elsewhere", Place("town", "w", "alley"))

        assert set(await found(here, "tea")) == {one.message_id, two.message_id, three.message_id}
        assert await found(here, "tea", other.place) == []
        await until_found(here, "kept", [before.message_id])


async def test_the_channel_is_told_once_what_is_kept_and_how_to_end_it(tmp_path: Path) -> None:
    town = Town()
    async with recorded(tmp_path, town) as here:
        await switch_on(here)
    async with recorded(tmp_path, town):
        await asyncio.sleep(0.05)

    (said,) = [one for one in town.ours() if one.place == CHANNEL and "Recording" in one.text]
    assert "90 days" in said.text
    assert "/settings recording off" in said.text


async def test_what_is_said_while_the_channel_is_told_is_found_as_well(tmp_path: Path) -> None:
    class Talkative(RecordedTown):
        async def post(self, place: Place, rendered: Rendered, key: str) -> str:
            shown = await super().post(place, rendered, key)
            if key.startswith("recording:on"):
                await self.say("tea meanwhile", GRACE, place, addressed=False)
            return shown

    async with recorded(tmp_path, adapter=Talkative) as here:
        await switch_on(here)
        meanwhile = next(one.id for one in here.town.messages.values() if one.text == "tea meanwhile")
        await until_found(here, "tea", [meanwhile])


async def test_edits_and_deletions_follow(tmp_path: Path) -> None:
    async with recorded(tmp_path) as here:
        await switch_on(here)
        said = await say(here, "tea at five")
        assert await found(here, "tea") == [said.message_id]

        await here.people.edit_message(said, "coffee at five")
        assert (await found(here, "tea"), await found(here, "coffee")) == ([], [said.message_id])
        await here.people.delete_message(said.message_id, CHANNEL, GRACE)
        assert await found(here, "coffee") == []


async def test_switched_off_everything_that_was_recorded_is_deleted_and_that_is_said(tmp_path: Path) -> None:
    async with recorded(tmp_path) as here:
        await switch_on(here)
        said = [await say(here, f"tea {n}") for n in range(60)]
        await until_found(here, "tea", [one.message_id for one in said])

        await switch(here, "off")
        await here.town.until(lambda town: any("Recording is off" in one.text for one in town.ours()))
        assert await found(here, "tea") == []
        await say(here, "tea again")
        assert await found(here, "tea") == []


async def test_only_moderators_switch_it_and_only_for_channels(tmp_path: Path) -> None:
    async with recorded(tmp_path) as here:
        await switch(here, "on", who=GRACE)
        assert "Only admins and moderators" in await told(here)
        await switch(here, "on", DM)
        assert "Only channels are recorded" in await told(here, 1)
        await say(here, "tea")

        assert await found(here, "tea") == []
        assert here.town.ours() == []


class Mute(RecordedTown):
    """A town in whose channels we may not write."""

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Refuse."""
        raise PlatformError(Failure(FailureKind.FORBIDDEN), "read only")


async def test_where_people_cannot_be_told_nothing_is_recorded(tmp_path: Path) -> None:
    async with recorded(tmp_path, adapter=Mute) as here:
        await switch(here, "on")
        said = await told(here)
        await say(here, "tea")

        assert "can’t write in this channel" in said
        assert await found(here, "tea") == []


async def test_earlier_messages_are_read_page_by_page_with_their_threads(tmp_path: Path) -> None:
    town = Town()
    old = [town.add(f"tea {n}", GRACE, CHANNEL) for n in range(25)]
    hanging = replace(SQUARE_THREAD, thread=old[3].id)
    reply = town.add("tea in a thread", GRACE, hanging)

    class Pages(RecordedTown):
        page = 10

    async with recorded(tmp_path, town, Pages, now=LATER) as here:
        await switch_on(here)
        await until_found(here, "tea", [*(one.id for one in old), reply.id])
        async with asyncio.timeout(10):
            while "still reading" in await here.recording.progress(CHANNEL):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)
        await switch(here, "", CHANNEL)
        progress = await told(here, 1)

    assert "26 earlier messages are read, back to 2023-11-14." in progress


async def test_reading_goes_on_where_a_killed_process_stopped(tmp_path: Path) -> None:
    town = Town()
    old = [town.add(f"tea {n}", GRACE, CHANNEL) for n in range(40)]

    class Slow(RecordedTown):
        page = 10

        async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
            if len(self.pages) == 2:
                await asyncio.Event().wait()
            return await super().history(place, before, limit)

    class Pages(RecordedTown):
        page = 10

    async with recorded(tmp_path, town, Slow, orderly=False, now=LATER) as here:
        await switch_on(here)
        await until_found(here, "tea", [one.id for one in old[20:]])
    async with recorded(tmp_path, town, Pages, now=LATER) as here:
        await until_found(here, "tea", [one.id for one in old])
        pages = here.people.pages if isinstance(here.people, Pages) else []

    assert pages[0] == old[20].id, "what was read is not read again"


async def test_a_platform_that_wants_us_to_wait_is_asked_again(tmp_path: Path) -> None:
    town = Town()
    old = town.add("tea", GRACE, CHANNEL)

    class Busy(RecordedTown):
        def __init__(self, town: Town) -> None:
            super().__init__(town)
            self.refused = [Failure(FailureKind.RATE_LIMIT, 0.01)]

    async with recorded(tmp_path, town, Busy) as here:
        await switch_on(here)
        await until_found(here, "tea", [old.id])


async def test_what_a_platform_never_gives_in_one_go_holds_up_nothing_else(tmp_path: Path) -> None:
    town = Town()
    old = town.add("tea", GRACE, CHANNEL)

    class Stingy(RecordedTown):
        async def past_since(
            self, place: Place, since: float, limit: int, told: Callable[[int], None]
        ) -> Sequence[PastMessage]:
            raise PlatformError(Failure(FailureKind.RATE_LIMIT, 0.01), "too much")

    async with recorded(tmp_path, town, Stingy) as here:
        await switch_on(here)
        await until_found(here, "tea", [old.id])


async def test_what_was_said_while_the_program_was_away_is_read_at_the_next_start(tmp_path: Path) -> None:
    town = Town()
    async with recorded(tmp_path, town, orderly=False) as here:
        await switch_on(here)
        await say(here, "tea")
    missed = town.add("tea while away", GRACE, CHANNEL)
    async with recorded(tmp_path, town) as here:
        await until_found(here, '"while away"', [missed.id])


async def test_what_was_edited_or_deleted_while_the_program_was_away_follows_at_the_next_start(
    tmp_path: Path,
) -> None:
    town = Town()
    async with recorded(tmp_path, town) as here:
        await switch_on(here)
        said = [await say(here, f"tea {name}") for name in ("kept", "edited", "deleted")]
        await until_found(here, "tea", [one.message_id for one in said])
    town.messages[said[1].message_id].text = "coffee edited"
    del town.messages[said[2].message_id]

    async with recorded(tmp_path, town) as here:
        await until_found(here, "tea", [said[0].message_id])
        await until_found(here, "coffee", [said[1].message_id])


async def test_a_question_in_a_recorded_channel_is_found_once_and_its_answer_too(tmp_path: Path) -> None:
    async with recorded(tmp_path) as here:
        await switch_on(here)
        asked = await here.people.say("which tea is it", GRACE, CHANNEL)
        await here.answer("it is darjeeling tea")
        await here.answered(2)
        answer = here.town.ours()[-1]

        assert sorted(await found(here, "tea")) == sorted([asked.message_id, answer.id])
        await switch(here, "off")
        await here.town.until(lambda town: any("Recording is off" in one.text for one in town.ours()))
        assert sorted(await found(here, "tea")) == sorted([asked.message_id, answer.id])


async def test_status_says_how_the_channel_is_recorded(tmp_path: Path) -> None:
    async with recorded(tmp_path) as here:
        await switch_on(here)
        shown = len(here.town.ours())
        await here.people.command("status", ADA, CHANNEL)
        await here.town.until(lambda town: len(town.ours()) > shown or town.whispers)
        said = here.town.ours()[-1].text + "".join(text for _, text in here.town.whispers)

    assert "Recording is on here since 2023-11-14" in said
