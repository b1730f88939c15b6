"""What every adapter promises, tried on each of them over its real platform side."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.errors import PlatformError
from bot.messages import FailureKind, Inbound, InboundKind, PersonKind, Place, Rendered
from bot.ports import (
    Adapter,
    ChecksReaders,
    KnowsAudience,
    LinksMessages,
    ListsReadable,
    OpensThreads,
    ReadsHistory,
    ReadsSince,
    Reconciles,
)
from tests.discord_bot import discord_bot
from tests.slack_stage import slack_over_socket
from tests.web_page import ScriptedIntake, playground


@dataclass
class Stage:
    """A platform with one person on it, as a test needs it. `say` tells whether the platform took our word that
    we have the message; `shown` is every text in a place, ours and theirs, oldest first."""

    adapter: Adapter
    intake: ScriptedIntake
    say: Callable[[str, Place | None], Awaitable[bool]]
    shown: Callable[[Place], Awaitable[list[str]]]
    remove: Callable[[str], Awaitable[None]]

    async def hear(self, text: str, place: Place | None = None) -> Inbound:
        """Let the person say it; the event we were handed."""
        assert await self.say(text, place)
        return self.intake.heard[-1]


OpenStage: TypeAlias = Callable[[Path], AbstractAsyncContextManager[Stage]]


@asynccontextmanager
async def web_stage(directory: Path) -> AsyncIterator[Stage]:
    async with playground(directory) as page, page.browser() as ada:

        async def say(text: str, place: Place | None) -> bool:
            where = {"channel": place.channel, "thread": place.thread} if place else {"channel": "general"}
            status, _ = await ada.post("/api/messages", text=text, **where)
            return status == 200

        async def shown(place: Place) -> list[str]:
            kept = await page.log.said(place, None, 100)
            return [message.text for message in kept if not message.deleted]

        async def remove(message_id: str) -> None:
            await ada.post("/api/delete", message=message_id)

        yield Stage(page.adapter, page.intake, say, shown, remove)


@asynccontextmanager
async def discord_stage(directory: Path) -> AsyncIterator[Stage]:
    async with discord_bot() as bot:
        bot.town.limits.limits = {}

        async def say(text: str, place: Place | None) -> bool:
            before, taken = bot.intake.offered, len(bot.intake.heard)
            bot.ada.says(bot.channel_of(place) if place else bot.general, text)
            await bot.offered(before + 1)
            return len(bot.intake.heard) > taken

        async def shown(place: Place) -> list[str]:
            return bot.texts(bot.channel_of(place))

        async def remove(message_id: str) -> None:
            before = len(bot.intake.heard)
            bot.ada.deletes(next(one for one in bot.general.in_order() if str(one.id) == message_id))
            await bot.heard(before + 1)

        yield Stage(bot.adapter, bot.intake, say, shown, remove)


@asynccontextmanager
async def slack_stage(_: Path) -> AsyncIterator[Stage]:
    async with slack_over_socket() as scene:
        town = scene.town
        town.sockets.answer_within = 0.3

        async def say(text: str, place: Place | None) -> bool:
            if place is None:
                said = town.ada.says(town.square, text)
            else:
                said = town.ada.says(town.world.channels[place.channel], text, thread=place.thread)
            told = said.deliveries[0]
            await town.until(lambda: told.acked or any(one.failure for one in told.attempts))
            return said.deliveries[0].acked is not None

        async def shown(place: Place) -> list[str]:
            seen = town.ada.sees(town.world.channels[place.channel], place.thread)
            return [scene.text(one) for one in seen]

        async def remove(message_id: str) -> None:
            town.ada.deletes(town.square.messages[message_id])

        yield Stage(scene.adapter, scene.intake, say, shown, remove)


STAGES = [
    pytest.param(web_stage, id="web"),
    pytest.param(discord_stage, id="discord"),
    pytest.param(slack_stage, id="slack"),
]


@pytest.fixture(params=STAGES)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    open_stage: OpenStage = request.param
    async with open_stage(tmp_path) as opened:
        yield opened


async def test_what_a_person_says_comes_in_whole(stage: Stage) -> None:
    event = await stage.hear("hello there")

    assert (event.kind, event.text, event.person.kind) == (InboundKind.MESSAGE, "hello there", PersonKind.HUMAN)
    assert event.place.platform == stage.adapter.platform
    assert event.place.key.startswith(f"{stage.adapter.platform}:")


async def test_two_messages_of_one_place_differ_in_key_and_id_and_share_the_place(stage: Stage) -> None:
    first, second = await stage.hear("one"), await stage.hear("two")

    assert first.place == second.place
    assert first.key != second.key
    assert first.message_id != second.message_id


async def test_the_platform_is_told_that_we_have_a_message_only_once_it_is_kept(stage: Stage) -> None:
    stage.intake.refuses = True

    assert not await stage.say("hello", None)
    assert stage.intake.heard == []


async def test_our_own_messages_do_not_come_back_to_us(stage: Stage) -> None:
    event = await stage.hear("hello")
    message_id = await stage.adapter.post(event.place, Rendered("hi"), "key")
    await stage.adapter.edit(event.place, message_id, Rendered("hi there", final=True))
    await stage.adapter.delete(event.place, message_id)

    assert stage.intake.heard == [event]


async def test_a_post_can_be_edited_again_and_again_and_deleted_twice(stage: Stage) -> None:
    event = await stage.hear("hello")
    message_id = await stage.adapter.post(event.place, Rendered("h"), "key")
    for text in ("he", "hey", "hey"):
        await stage.adapter.edit(event.place, message_id, Rendered(text))
    assert await stage.shown(event.place) == ["hello", "hey"]

    for _ in range(2):
        await stage.adapter.delete(event.place, message_id)
    assert await stage.shown(event.place) == ["hello"]


async def test_the_same_key_twice_is_one_message(stage: Stage) -> None:
    event = await stage.hear("hello")
    first = await stage.adapter.post(event.place, Rendered("hi"), "key")
    again = await stage.adapter.post(event.place, Rendered("hi"), "key")
    other = await stage.adapter.post(event.place, Rendered("hi"), "another key")

    assert first == again != other
    assert await stage.shown(event.place) == ["hello", "hi", "hi"]


async def test_a_post_can_be_found_by_its_key_when_its_answer_was_lost(stage: Stage) -> None:
    assert isinstance(stage.adapter, Reconciles)
    event = await stage.hear("hello")
    message_id = await stage.adapter.post(event.place, Rendered("hi"), "key")

    assert await stage.adapter.reconcile(event.place, "key") == message_id
    assert await stage.adapter.reconcile(event.place, "no such key") is None


async def failure(stage: Stage, call: Awaitable[object]) -> FailureKind:
    with pytest.raises(PlatformError) as refused:
        await call
    return refused.value.failure.kind


def _readers(adapter: object) -> tuple[ListsReadable, ChecksReaders, KnowsAudience]:
    """An adapter as what tells who reads where."""
    assert isinstance(adapter, ListsReadable)
    assert isinstance(adapter, ChecksReaders)
    assert isinstance(adapter, KnowsAudience)
    return adapter, adapter, adapter


async def test_what_is_listed_as_readable_can_be_read_and_has_an_audience(stage: Stage) -> None:
    said = await stage.hear("a question")
    lists, checks, knows = _readers(stage.adapter)
    listed = await lists.readable(said.person, said.place.workspace)

    assert said.place.parent.key in {one.place.key for one in listed}
    for one in listed:
        assert await checks.can_read(said.person, one.place)
        assert (await knows.audience(one.place)).workspace == one.place.workspace_key
        assert one.name


async def test_nobody_is_told_who_reads_a_place_that_is_not_there(stage: Stage) -> None:
    said = await stage.hear("a question")
    nowhere = replace(said.place.parent, channel="999999999999999999")
    _, checks, knows = _readers(stage.adapter)

    assert not await checks.can_read(said.person, nowhere)
    with pytest.raises(PlatformError):
        await knows.audience(nowhere)


async def test_editing_what_is_gone_is_not_found(stage: Stage) -> None:
    event = await stage.hear("hello")
    message_id = await stage.adapter.post(event.place, Rendered("hi"), "key")
    await stage.adapter.delete(event.place, message_id)

    assert (
        await failure(stage, stage.adapter.edit(event.place, message_id, Rendered("x"))) is FailureKind.NOT_FOUND
    )
    assert await failure(stage, stage.adapter.edit(event.place, "nowhere", Rendered("x"))) is FailureKind.NOT_FOUND


async def test_messages_of_others_are_not_ours_to_edit_or_delete(stage: Stage) -> None:
    event = await stage.hear("hello")
    edit = stage.adapter.edit(event.place, event.message_id, Rendered("x"))

    assert await failure(stage, edit) is FailureKind.FORBIDDEN
    await stage.adapter.delete(event.place, event.message_id)
    assert await stage.shown(event.place) == ["hello"]


async def test_a_message_as_long_as_the_limit_is_shown_and_a_longer_one_refused(stage: Stage) -> None:
    event = await stage.hear("hello")
    limit = stage.adapter.capabilities.text_limit
    await stage.adapter.post(event.place, Rendered("x" * limit, status="thinking…"), "key")

    longer = stage.adapter.post(event.place, Rendered("x" * (limit + 1)), "longer")
    assert await failure(stage, longer) is FailureKind.INVALID
    assert len((await stage.shown(event.place))[-1]) == limit


async def test_rendering_keeps_lines_apart_and_is_the_same_every_time(stage: Stage) -> None:
    markdown = "one\ntwo\n\n- three\n\n```py\nfour\n  five\n```"
    rendered = stage.adapter.render(markdown)

    assert rendered == stage.adapter.render(markdown)
    lines = [line.strip() for line in rendered.splitlines()]
    assert [word for word in ("one", "two", "four", "five") if word in lines] == ["one", "two", "four", "five"]


async def test_history_is_what_was_said_before_oldest_first_and_no_more_than_asked_for(stage: Stage) -> None:
    assert isinstance(stage.adapter, ReadsHistory)
    for text in ("one", "two", "gone", "three"):
        event = await stage.hear(text)
        if text == "gone":
            await stage.remove(event.message_id)
    place = event.place
    await stage.adapter.post(place, Rendered("four"), "key")
    last = await stage.hear("five")

    past = await stage.adapter.history(place, last.message_id, 3)
    assert [message.text for message in past] == ["two", "three", "four"]
    assert [message.person.kind for message in past] == [PersonKind.HUMAN, PersonKind.HUMAN, PersonKind.SELF]


async def test_all_that_was_said_since_a_time_is_read_or_the_newest_of_it(stage: Stage) -> None:
    assert isinstance(stage.adapter, ReadsSince)
    said = [await stage.hear(text) for text in ("one", "two", "gone", "three")]
    await stage.remove(said[2].message_id)
    place, told = said[0].place, list[int]()
    await stage.adapter.post(place, Rendered("four"), "key")

    whole = await stage.adapter.past_since(place, 0.0, 100, told.append)
    since = await stage.adapter.past_since(place, whole[1].sent_at, 100, told.append)
    newest = await stage.adapter.past_since(place, 0.0, 2, told.append)
    assert [message.text for message in whole] == ["one", "two", "three", "four"]
    second = whole[1].sent_at  # two things may be said within one of the platform's milliseconds
    assert since == [message for message in whole if message.sent_at >= second]
    assert [message.text for message in since][-3:] == ["two", "three", "four"]
    assert [message.text for message in newest] == ["three", "four"]
    assert told


async def test_a_thread_is_read_with_what_it_hangs_on(stage: Stage) -> None:
    assert isinstance(stage.adapter, OpensThreads)
    assert isinstance(stage.adapter, ReadsSince)
    event = await stage.hear("a question")
    thread = stage.adapter.thread_for(event.place, event.message_id)
    assert thread is not None
    await stage.adapter.open_thread(event.place, event.message_id, "a title")
    await stage.adapter.post(thread, Rendered("an answer"), "key")
    await stage.hear("and then?", thread)

    past = await stage.adapter.past_since(thread, 0.0, 100, lambda _: None)
    late = await stage.adapter.past_since(thread, past[-1].sent_at, 100, lambda _: None)
    assert [message.text for message in past] == ["a question", "an answer", "and then?"]
    assert [message.place for message in past] == [thread.parent, thread, thread]
    assert [message.text for message in late][-1] == "and then?"
    assert "a question" not in [message.text for message in late]


async def test_every_message_has_an_address_of_its_own(stage: Stage) -> None:
    assert isinstance(stage.adapter, LinksMessages)
    first, second = await stage.hear("one"), await stage.hear("two")

    links = [stage.adapter.link(one.place, one.message_id) for one in (first, second)]
    assert None not in links
    assert len(set(links)) == 2


async def test_the_place_of_a_thread_is_known_before_it_is_opened(stage: Stage) -> None:
    assert isinstance(stage.adapter, OpensThreads)
    assert isinstance(stage.adapter, ReadsHistory)
    event = await stage.hear("a question")
    thread = stage.adapter.thread_for(event.place, event.message_id)
    assert thread is not None
    for title in ("a title", "another"):
        await stage.adapter.open_thread(event.place, event.message_id, title)
    await stage.adapter.post(thread, Rendered("an answer"), "key")
    follow_up = await stage.hear("and then?", thread)

    assert follow_up.place == thread
    assert thread.parent == event.place
    assert follow_up.addressed or follow_up.follows
    past = await stage.adapter.history(thread, follow_up.message_id, 10)
    assert [message.text for message in past] == ["a question", "an answer"]


async def test_a_thread_on_nothing_is_not_found(stage: Stage) -> None:
    assert isinstance(stage.adapter, OpensThreads)
    event = await stage.hear("hello")

    opening = stage.adapter.open_thread(event.place, "nowhere", "title")
    assert await failure(stage, opening) is FailureKind.NOT_FOUND
