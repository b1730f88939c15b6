"""What is said on the page: kept first, handed over once, changed and taken back by whoever said it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.web.inbound import heard
from bot.messages import Action, ActionName, Inbound, InboundKind, Person, PlaceKind, Rendered
from bot.store.page import page_events
from tests.web_page import news, playground, tab, upload

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


async def test_a_mention_in_a_channel_is_handed_over_as_one_event(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        message_id = await ada.say("@Gatepost what is new?")

    (event,) = page.intake.heard
    assert (event.kind, event.message_id, event.person.id) == (InboundKind.MESSAGE, message_id, "ada")
    assert (event.place.key, event.addressed, event.text) == ("web:local:general", True, "what is new?")


async def test_the_same_message_sent_again_is_one_message_and_one_event(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        for _ in range(3):
            assert (await ada.post("/api/messages", id="the-same-id", text="hi", channel="general"))[0] == 200

        assert len(page.intake.heard) == 1
        assert [message["text"] for message in await ada.shown()] == ["hi"]


async def test_what_the_core_could_not_take_is_shown_as_refused_and_taken_with_the_next_try(
    tmp_path: Path,
) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        page.intake.refuses = True
        status, answer = await ada.post("/api/messages", id="the-same-id", text="hi", channel="general")
        page.intake.refuses = False
        again, _ = await ada.post("/api/messages", id="the-same-id", text="hi", channel="general")

        assert (status, again) == (503, 200)
        assert answer["error"].startswith("I can't remember things right now")
        assert [event.text for event in page.intake.heard] == ["hi"]


async def test_what_was_refused_before_is_handed_over_before_what_follows(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        message_id = await ada.say("one")
        page.intake.refuses = True
        assert (await ada.post("/api/edit", message=message_id, text="two"))[0] == 503
        page.intake.refuses = False
        assert (await ada.post("/api/edit", message=message_id, text="three"))[0] == 200
        await ada.say("four")

    assert [event.text for event in page.intake.heard] == ["one", "two", "three", "four"]


async def test_a_deletion_that_was_refused_can_be_tried_again(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        message_id = await ada.say("oops")
        page.intake.refuses = True
        assert (await ada.post("/api/delete", id="take-it-back", message=message_id))[0] == 503
        page.intake.refuses = False
        assert (await ada.post("/api/delete", id="take-it-back", message=message_id))[0] == 200

    assert [event.kind for event in page.intake.heard] == [InboundKind.MESSAGE, InboundKind.DELETE]


async def test_what_was_kept_and_not_handed_over_is_handed_over_at_the_next_start_once(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        page.intake.refuses = True
        await ada.post("/api/messages", id="first-one", text="@Gatepost one", channel="general")
        await ada.post("/api/messages", id="second-one", text="@Gatepost two", channel="dev")

    async with playground(tmp_path) as page:
        assert [(event.key, event.text) for event in page.intake.heard] == [
            ("message:ada-first-one", "one"),
            ("message:ada-second-one", "two"),
        ]
    async with playground(tmp_path) as page:
        assert page.intake.heard == []


async def test_a_message_is_answered_only_after_it_was_taken_in(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        taken = asyncio.Event()
        page.intake.then = lambda _: _wait(taken)
        sending = asyncio.create_task(ada.say("hi"))
        async with tab(ada, since="0") as socket:
            await news(socket)
            assert not sending.done()
        taken.set()
        await sending


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def test_a_thread_of_ours_hears_follow_ups_and_not_what_is_said_to_others(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        root = await ada.say("@Gatepost hello")
        thread = page.adapter.thread_for(page.intake.heard[0].place, root)
        await page.adapter.open_thread(page.intake.heard[0].place, root, "hello")
        await page.adapter.post(thread, Rendered("hi", final=True), "k")
        other = await ada.say("lunch?")
        await ada.say("and more?", thread=root)
        await ada.say("@Grace look", thread=root)
        await ada.say("with nobody of ours", thread=other)

    said = {event.text: event for event in page.intake.heard}
    assert said["and more?"].addressed
    assert said["and more?"].place == thread
    assert said["and more?"].place.kind is PlaceKind.THREAD
    assert not said["@Grace look"].addressed
    assert not said["with nobody of ours"].addressed


async def test_a_reply_to_one_of_our_messages_is_for_us(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await ada.say("hi")
        ours = await page.adapter.post(page.intake.heard[0].place, Rendered("hello"), "k")
        await ada.say("really?", replyTo=ours)

    assert (page.intake.heard[1].reply_to, page.intake.heard[1].addressed) == (ours, True)


async def test_own_messages_can_be_changed_and_taken_back_and_those_of_others_not(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada, page.browser("grace") as grace:
        message_id = await ada.say("frist")
        assert (await grace.post("/api/edit", message=message_id, text="x"))[0] == 403
        assert (await grace.post("/api/delete", message=message_id))[0] == 403
        assert (await ada.post("/api/edit", message=message_id, text="first"))[0] == 200
        (shown,) = await grace.shown()
        assert (shown["text"], shown["editedAt"] is not None) == ("first", True)
        assert (await ada.post("/api/delete", message=message_id))[0] == 200
        assert await grace.shown() == []
        assert (await ada.post("/api/edit", message=message_id, text="x"))[0] == 404

    assert [(event.kind.value, event.text) for event in page.intake.heard] == [
        ("message", "frist"),
        ("edit", "first"),
        ("delete", ""),
    ]
    assert len({event.message_id for event in page.intake.heard}) == 1


async def test_nothing_of_what_a_deleted_message_said_is_kept(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        message_id = await ada.say("a very secret word")
        await ada.post("/api/delete", message=message_id)
        kept = await page.log.find(message_id)
        assert kept is not None
        assert (kept.text, kept.files) == ("", ())
        assert await page.log.owed() == []


async def test_a_button_is_pressed_only_while_it_is_there(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await ada.say("hi")
        place = page.intake.heard[0].place
        stop = Action(ActionName.STOP, "turn-1")
        ours = await page.adapter.post(place, Rendered("…", actions=(stop,)), "k")
        assert (await ada.post("/api/press", message=ours, action="stop", turn="turn-1"))[0] == 200
        assert (await ada.post("/api/press", message=ours, action="stop", turn="turn-2"))[0] == 409
        assert (await ada.post("/api/press", message=ours, action="explode", turn="turn-1"))[0] == 400
        await page.adapter.edit(place, ours, Rendered("done", final=True))
        assert (await ada.post("/api/press", message=ours, action="stop", turn="turn-1"))[0] == 409

    (pressed,) = page.intake.heard[1:]
    assert (pressed.kind, pressed.action, pressed.message_id) == (InboundKind.BUTTON, stop, ours)


async def test_a_command_is_handed_over_and_a_wrong_one_is_explained(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        assert (await ada.post("/api/messages", text="/model demo/slow", channel="general", tab="t1"))[0] == 200
        status, answer = await ada.post("/api/messages", text="/nope", channel="general")
        assert (status, answer["error"][:26]) == (422, "There is no command /nope.")
        assert await ada.shown() == []
        _, completed = await ada.get(
            "/api/complete", channel="general", command="model", option="name", typed="slow"
        )
        assert completed["choices"] == [{"value": "demo/slow", "label": "demo/slow for Ada"}]

    (event,) = page.intake.heard
    assert event.command is not None
    assert (event.command.name, event.command.options, event.handle) == ("model", {"name": "demo/slow"}, "t1")


async def test_replies_are_counted_on_what_they_hang_on(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        root = await ada.say("root")
        await ada.say("one", thread=root)
        second = await ada.say("two", thread=root)
        await ada.post("/api/delete", message=second)
        (shown,) = await ada.shown()
        assert shown["replies"] == 1
        await ada.post("/api/delete", message=root)
        (stub,) = await ada.shown()
        assert (stub["deleted"], stub["text"], stub["replies"]) == (True, "", 1)
        assert [message["text"] for message in await ada.shown(thread=root)] == ["", "one"]


async def test_earlier_messages_come_in_pages(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        for n in range(65):
            await ada.say(f"{n}")
        _, last = await ada.get("/api/messages", channel="general")
        assert (len(last["messages"]), last["more"], last["messages"][-1]["text"]) == (60, True, "64")
        _, first = await ada.get("/api/messages", channel="general", before=last["messages"][0]["id"])
        assert ([message["text"] for message in first["messages"]], first["more"]) == (list("01234"), False)


async def test_before_the_start_and_after_the_stop_nothing_is_taken(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await page.adapter.stop()
        status, answer = await ada.post("/api/messages", text="hi", channel="general")
        assert (status, answer) == (503, {"error": "Gatepost is just starting."})


async def test_a_stranger_to_the_page_is_nobody(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser("mallory") as mallory:
        assert (await mallory.get("/api/state"))[0] == 400
        assert Person("gatepost", "Gatepost").id not in {"ada", "grace"}
        mallory.person = "gatepost"
        assert (await mallory.post("/api/messages", text="I am you", channel="general"))[0] == 400


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await upload(ada, "keep me", ("a.png", "image/png", PNG))
        first = await ada.shown()
        assert [event.message_id for event in page.intake.heard] == [first[0]["id"]]
    async with playground(tmp_path) as page, page.browser() as ada:
        assert await ada.shown() == first


async def _cannot(event: Inbound) -> None:
    raise LookupError(event.key)


async def test_what_the_core_cannot_take_is_told_to_whoever_did_it_and_stops_nothing(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        page.intake.then = _cannot
        async with tab(ada, "one") as socket:
            assert (await ada.post("/api/messages", text="/help", channel="general", tab="one"))[0] == 200
            private = await socket.receive_json(timeout=5)
        page.intake.then = None
        await ada.say("next")

        assert private["private"]["html"] == "<p>Something went wrong on my side.</p>\n"
        assert [event.text for event in page.intake.heard] == ["", "next"]
        assert await page.log.owed() == []


async def test_what_the_core_cannot_take_does_not_stop_the_start_and_is_not_handed_over_again(
    tmp_path: Path,
) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        page.intake.refuses = True
        for text in ("one", "two"):
            assert (await ada.post("/api/messages", text=text, channel="general"))[0] == 503
        await page.adapter.stop()
        page.intake.refuses = False
        page.intake.then = _cannot

        await page.adapter.start(page.intake)

        assert [event.text for event in page.intake.heard] == ["one", "two"]
        assert await page.log.owed() == []


async def test_an_owed_event_that_cannot_be_read_stops_neither_the_start_nor_the_others(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        page.intake.refuses = True
        for text in ("one", "two"):
            assert (await ada.post("/api/messages", text=text, channel="general"))[0] == 503
        await page.store.write(
            lambda conn: conn.execute(update(page_events).where(page_events.c.n == 1).values(body="{")).rowcount
        )
    async with playground(tmp_path) as page:
        assert [event.text for event in page.intake.heard] == ["two"]
        assert await page.log.owed() == []


@pytest.mark.parametrize("kind", [InboundKind.EDIT, InboundKind.DELETE])
async def test_a_change_of_a_message_that_is_gone_is_no_event(tmp_path: Path, kind: InboundKind) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        before = await page.log.find(await ada.say("one"))
        assert before is not None
        await ada.post("/api/delete", message=before.id)
        late = heard(kind, before, "late", 1.0, addressed=True)

        assert await page.log.keep(late, before) is None
        assert await page.log.owed() == []
