"""What is said on the page: kept first, handed over once, shown to whom it concerns, in every open tab."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.messages import Action, ActionName, InboundKind, OutFile, Person, PlaceKind, Rendered
from bot.store.page import held_files
from tests.web_page import Client, Playground, playground

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@asynccontextmanager
async def tab(client: Client, name: str = "tab", **query: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    _, state = await client.get("/api/state")
    params = {"as": client.person, "tab": name, "since": state["seq"], **query}
    async with client.http.ws_connect(f"{client.origin}/ws", params=params) as socket:
        hello = await socket.receive_json(timeout=5)
        assert "hello" in hello
        yield socket


async def news(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
    """The next changes of messages."""
    while True:
        frame = await socket.receive_json(timeout=5)
        if "messages" in frame:
            return list(frame["messages"])


async def upload(client: Client, text: str, *files: tuple[str, str, bytes]) -> tuple[int, Any]:
    form = aiohttp.FormData()
    form.add_field(
        "message",
        json.dumps({"id": "one-upload", "channel": "general", "text": text, "names": [file[0] for file in files]}),
    )
    for _, media_type, data in files:
        form.add_field("file", io.BytesIO(data), filename="file", content_type=media_type)
    async with client.http.post(
        f"{client.origin}/api/messages", params={"as": client.person}, data=form
    ) as response:
        return response.status, await response.json()


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

    heard = {event.text: event for event in page.intake.heard}
    assert heard["and more?"].addressed
    assert heard["and more?"].place == thread
    assert heard["and more?"].place.kind is PlaceKind.THREAD
    assert not heard["@Grace look"].addressed
    assert not heard["with nobody of ours"].addressed


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


async def test_a_private_answer_reaches_the_tab_that_asked_and_nobody_else(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada, page.browser("grace") as grace:
        await ada.say("hi")
        place, person = page.intake.heard[0].place, page.intake.heard[0].person
        async with tab(ada, "one") as one, tab(ada, "two") as two, tab(grace, "three") as three:
            await page.adapter.reply_privately(person, place, Rendered("psst **you**"), "one")
            await page.adapter.post(place, Rendered("to all"), "k")
            private = await one.receive_json(timeout=5)
            assert private["private"]["html"] == "<p>psst <strong>you</strong></p>\n"
            for socket in (two, three):
                assert "messages" in await socket.receive_json(timeout=5)
        assert all("psst" not in message["html"] for message in await ada.shown())


async def test_a_private_answer_to_a_tab_that_is_gone_reaches_only_other_tabs_of_that_person(
    tmp_path: Path,
) -> None:
    async with playground(tmp_path) as page, page.browser() as ada, page.browser("grace") as grace:
        await ada.say("hi")
        event = page.intake.heard[0]
        async with tab(ada, "one") as one, tab(grace, "gone") as other:
            await page.adapter.reply_privately(event.person, event.place, Rendered("psst"), "gone")
            await page.adapter.post(event.place, Rendered("to all"), "k")
            assert "private" in await one.receive_json(timeout=5)
            assert "messages" in await other.receive_json(timeout=5)


async def test_a_private_answer_waits_a_moment_for_a_tab_that_reloads(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await ada.say("hi")
        event = page.intake.heard[0]
        await page.adapter.reply_privately(event.person, event.place, Rendered("psst"), "gone")
        async with tab(ada, "fresh") as socket:
            assert "private" in await socket.receive_json(timeout=5)


async def test_a_tab_that_comes_back_gets_exactly_what_it_missed(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await ada.say("before")
        async with tab(ada) as socket:
            await ada.say("seen")
            seq = (await news(socket))[-1]["seq"]
        first = await ada.say("missed")
        await ada.post("/api/edit", message=first, text="missed, and changed")
        async with tab(ada, since=str(seq)) as socket:
            assert [message["text"] for message in await news(socket)] == ["missed, and changed"]


async def test_a_tab_that_never_reads_holds_nobody_up(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await ada.say("hi")
        place = page.intake.heard[0].place
        async with tab(ada, "slow"), tab(ada, "quick") as quick:
            ours = await page.adapter.post(place, Rendered(""), "k")
            for n in range(60):
                await page.adapter.edit(place, ours, Rendered(f"{n} " + "word " * 1500))
            await page.adapter.edit(place, ours, Rendered("the end", final=True))
            while (message := (await news(quick))[-1])["html"] != "<p>the end</p>\n":
                assert message["id"] == ours


async def test_direct_messages_are_for_the_two_who_talk(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada, page.browser("grace") as grace:
        message_id = (await upload_to_dm(ada))["id"]
        assert (await grace.get("/api/messages", channel="dm-ada"))[0] == 404
        assert (await grace.post("/api/messages", text="x", channel="dm-ada"))[0] == 404
        assert (await grace.post("/api/edit", message=message_id, text="x"))[0] == 404
        assert (await grace.get(f"/files/{message_id}/0"))[0] == 404
        async with tab(grace, since="0") as socket:
            await grace.say("first thing Grace sees")
            assert [message["text"] for message in await news(socket)] == ["first thing Grace sees"]
    assert page.intake.heard[0].addressed
    assert page.intake.heard[0].place.kind is PlaceKind.DM


async def upload_to_dm(client: Client) -> Any:
    form = aiohttp.FormData()
    form.add_field("message", '{"id": "dm-upload", "channel": "dm-ada", "text": "look"}')
    form.add_field("file", PNG, filename="secret.png", content_type="image/png")
    async with client.http.post(
        f"{client.origin}/api/messages", params={"as": client.person}, data=form
    ) as response:
        assert response.status == 200
        return await response.json()


async def test_files_are_known_by_their_content_and_leave_harmlessly(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        html = b"<script>alert(1)</script>"
        status, answer = await upload(
            ada,
            "files",
            ("a.png", "text/plain", PNG),
            ("evil.png", "image/png", html),
            ("x\n<b>.html", "text/html", html),
        )
        assert status == 200
        kept = page.intake.heard[0].attachments
        assert [file.media_type for file in kept] == ["image/png", "application/octet-stream", "text/html"]
        assert b"".join([piece async for piece in page.adapter.fetch(kept[0])]) == PNG
        for n, (disposition, media_type) in enumerate(
            [
                ("inline", "image/png"),
                ("attachment", "application/octet-stream"),
                ("attachment", "application/octet-stream"),
            ]
        ):
            async with ada.http.get(f"{ada.origin}/files/{answer['id']}/{n}?as=ada") as response:
                assert response.headers["Content-Disposition"].startswith(disposition)
                assert response.content_type == media_type
                assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
                assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_that_is_too_large_is_refused_with_a_sentence_and_nothing_is_kept(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        status, answer = await upload(
            ada, "large", ("a.png", "image/png", PNG), ("big.bin", "image/png", bytes(60_000_000))
        )
        assert (status, answer) == (
            413,
            {"error": "“big.bin” is larger than 25 MB, the most that can be sent here."},
        )
        assert await ada.shown() == []
        assert page.intake.heard == []


async def test_too_many_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        files = [(f"{n}.txt", "text/plain", b"x") for n in range(11)]
        assert await upload(ada, "many", *files) == (413, {"error": "10 files are the most in one message."})
    assert page.intake.heard == []


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        (
            {"text": "x" * 100_000},
            413,
            "That message is 100,000 characters long; 32,000 are the most. Attach it as a file instead.",
        ),
        ({"text": "x" * 900_000}, 413, "That message is far too long. Attach it as a file instead."),
        ({"text": " \n\u0000"}, 422, "There is nothing to send."),
        ({"text": "x", "channel": "secret"}, 404, "There is no such channel."),
        ({"text": "x", "channel": "dm-grace"}, 404, "There is no such channel."),
        ({"text": "x", "thread": "nowhere"}, 404, "There is no such thread."),
        ({"text": "x", "id": "../../etc"}, 400, "That request was not understood."),
        ({"text": 7}, 422, "There is nothing to send."),
    ],
)
async def test_what_cannot_be_sent_is_refused_in_one_sentence(
    tmp_path: Path, fields: dict[str, Any], status: int, sentence: str
) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        assert await ada.post("/api/messages", **{"channel": "general", **fields}) == (status, {"error": sentence})
    assert page.intake.heard == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"text": "\xff"}', b'{"text": "\\ud800"}'])
async def test_what_is_not_json_is_refused_and_the_page_goes_on(tmp_path: Path, body: bytes) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        async with ada.http.post(f"{ada.origin}/api/messages?as=ada", data=body) as response:
            assert (response.status, await response.json()) == (400, {"error": "That request was not understood."})
        await ada.say("still here")
    assert [event.text for event in page.intake.heard] == ["still here"]


async def test_pictures_we_make_are_shown_with_what_they_show(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await ada.say("hi")
        picture = OutFile("cat.png", "image/png", PNG, "a cat")
        await page.adapter.post(page.intake.heard[0].place, Rendered("here", files=(picture,), final=True), "k")
        file = (await ada.shown())[-1]["files"][0]
        assert (file["picture"], file["description"]) == (True, "a cat")
        async with ada.http.get(f"{ada.origin}{file['url']}?as=ada") as response:
            assert await response.read() == PNG


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


async def test_markup_and_odd_names_arrive_as_text(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await upload(ada, "<b>bold</b>", ("<img src=x>.png\u202e", "image/png", PNG))
        (shown,) = await ada.shown()
        assert shown["html"] == "<p>&lt;b&gt;bold&lt;/b&gt;</p>\n"
        assert shown["files"][0]["name"] == "<img src=x>.png"


def known(page: Playground) -> set[str]:
    return {event.message_id for event in page.intake.heard}


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        await upload(ada, "keep me", ("a.png", "image/png", PNG))
        first = await ada.shown()
        assert known(page) == {first[0]["id"]}
    async with playground(tmp_path) as page, page.browser() as ada:
        assert await ada.shown() == first


async def test_a_tab_that_has_seen_more_than_there_is_loads_anew(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        params = {"as": "ada", "since": "7"}
        async with ada.http.ws_connect(f"{page.origin}/ws", params=params) as socket:
            assert await socket.receive_json(timeout=5) == {"reload": True}


async def test_the_page_knows_which_files_it_still_shows(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        _, answer = await upload(ada, "look", ("a.png", "image/png", PNG), ("b.txt", "text/plain", b"b"))
        shown = {file.id for file in page.intake.heard[0].attachments}
        assert await page.store.read(held_files) == shown
        assert await page.store.read(held_files, {"other", *list(shown)[:1]}) == set(list(shown)[:1])
        await ada.post("/api/delete", message=answer["id"])
        assert await page.store.read(held_files) == set()
