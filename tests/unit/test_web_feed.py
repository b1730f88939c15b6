"""Open tabs: each hears what its person may see, all of it, whatever the others do."""

from pathlib import Path

import aiohttp
import pytest

from bot.messages import PlaceKind, Rendered
from tests.web_page import news, playground, tab, upload

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


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


async def test_a_tab_that_has_seen_more_than_there_is_loads_anew(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        params = {"as": "ada", "since": "7"}
        async with ada.http.ws_connect(f"{page.origin}/ws", params=params) as socket:
            assert await socket.receive_json(timeout=5) == {"reload": True}


async def test_direct_messages_are_for_the_two_who_talk(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada, page.browser("grace") as grace:
        _, answer = await upload(ada, "look", ("secret.png", "image/png", PNG), channel="dm-ada")
        message_id = answer["id"]
        assert (await grace.get("/api/messages", channel="dm-ada"))[0] == 404
        assert (await grace.post("/api/messages", text="x", channel="dm-ada"))[0] == 404
        assert (await grace.post("/api/edit", message=message_id, text="x"))[0] == 404
        assert (await grace.get(f"/files/{message_id}/0"))[0] == 404
        async with tab(grace, since="0") as socket:
            await grace.say("first thing Grace sees")
            assert [message["text"] for message in await news(socket)] == ["first thing Grace sees"]
    assert page.intake.heard[0].addressed
    assert page.intake.heard[0].place.kind is PlaceKind.DM


async def test_a_tab_that_could_not_be_told_is_hung_up_on_and_told_when_it_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playground(tmp_path) as page, page.browser() as ada:
        changed = page.log.changed

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        _, state = await ada.get("/api/state")
        async with tab(ada) as socket:
            monkeypatch.setattr(page.log, "changed", broken)
            await ada.say("hi")
            hung_up = await socket.receive(timeout=5)
            assert (hung_up.type, hung_up.data) == (aiohttp.WSMsgType.CLOSE, 1011)
        monkeypatch.setattr(page.log, "changed", changed)
        async with tab(ada, since=str(state["seq"])) as socket:
            assert [message["text"] for message in await news(socket)] == ["hi"]
