"""Channels, threads and tabs: everybody sees the same, and everything is where it was after a reload."""

import asyncio
import re
from dataclasses import replace

import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from adapters.web.workspace import PEOPLE, place
from bot.messages import OutFile, PageMessage, PlaceKind, Rendered
from tests.browser.conftest import OpenPage
from tests.browser.people import STOP, begin_answer, composer, heard, said, say
from tests.files import picture
from tests.web_page import Playground

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_reload_keeps_messages_thread_draft_and_who_one_is(world: Playground, page: Page) -> None:
    await page.get_by_role("radio", name="Grace").check()
    await expect(page.get_by_role("radio", name="Grace")).to_be_checked()
    await say(page, "@Gatepost hello")
    thread, answer = await begin_answer(world, await heard(world, 1))
    await world.adapter.edit(thread, answer, Rendered("**hello** Grace", final=True))
    await expect(page.locator("#thread .message.ours strong")).to_have_text("hello")
    await composer(page).fill("half a thought")

    await page.reload()

    await expect(page.locator("#thread .message.ours strong")).to_have_text("hello")
    await expect(said(page, "@Gatepost hello")).to_contain_text("Grace")
    await expect(composer(page)).to_have_value("half a thought")
    await expect(page.get_by_role("radio", name="Grace")).to_be_checked()


async def test_two_people_in_two_tabs_see_the_same(world: Playground, page: Page) -> None:
    other = await page.context.new_page()
    await other.goto(world.origin)
    await other.get_by_role("radio", name="Grace").check()
    await say(page, "hello Grace")
    await expect(said(other, "hello Grace")).to_be_visible()
    await say(other, "hello Ada")
    await expect(said(page, "hello Ada")).to_contain_text("Grace")
    await expect(said(other, "hello Grace").get_by_role("button", name="Edit")).to_have_count(0)

    await composer(page).press("ArrowUp")
    await composer(page).fill("good morning, Grace")
    await composer(page).press("Enter")

    await expect(said(other, "good morning, Grace")).to_contain_text("(edited)")
    await expect(said(other, "hello Grace")).to_have_count(0)


async def test_the_channel_shows_what_the_thread_has_read_before_the_news_of_it_came(
    world: Playground, page: Page
) -> None:
    reading, answered = asyncio.Event(), asyncio.Event()

    async def hold_reading(route: Route) -> None:
        reading.set()
        await answered.wait()
        await route.continue_()

    def keep_news_on_its_way(tab: WebSocketRoute) -> None:
        server = tab.connect_to_server()
        server.on_message(lambda frame: None if reading.is_set() else tab.send(frame))

    await page.route_web_socket(re.compile("/ws"), keep_news_on_its_way)
    await page.route(re.compile("/api/messages.*thread=ada"), hold_reading)
    await page.reload()
    await say(page, "@Gatepost count for me")
    event = await heard(world, 1)
    await world.adapter.open_thread(event.place, event.message_id, event.text)
    await asyncio.wait_for(reading.wait(), 5)
    await begin_answer(world, event)
    answered.set()

    await expect(page.locator("#thread .message.ours")).to_contain_text("thinking…")
    await expect(page.locator("#main .replies")).to_have_text("1 reply")


async def test_threads_open_by_hand_count_their_replies_and_have_an_address(world: Playground, page: Page) -> None:
    await say(page, "a topic")
    await said(page, "a topic").hover()
    await page.get_by_role("button", name="Thread").click()
    await expect(composer(page, "the thread")).to_be_focused()
    await say(page, "in the thread", "the thread")
    await expect(said(page, "in the thread", "#thread")).to_be_visible()
    await expect(said(page, "in the thread")).to_have_count(0)
    assert (await heard(world, 2)).place.kind is PlaceKind.THREAD
    await composer(page, "the thread").press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    await expect(composer(page)).to_be_focused()
    await page.get_by_role("button", name="1 reply").click()
    await page.reload()
    await expect(said(page, "in the thread", "#thread")).to_be_visible()


async def test_a_reply_shows_what_it_answers(world: Playground, page: Page) -> None:
    await say(page, "which colour?")
    await said(page, "which colour?").hover()
    await page.get_by_role("button", name="Reply", exact=True).click()
    await say(page, "green")

    await expect(said(page, "green").locator(".quoted")).to_have_text("to Ada: which colour?")
    assert (await heard(world, 2)).reply_to == (await heard(world, 1)).message_id


async def test_who_reads_further_up_stays_there_and_is_told_of_news(world: Playground, page: Page) -> None:
    await say(page, "first")
    place = (await heard(world, 1)).place
    for n in range(40):
        await world.adapter.post(place, Rendered(f"message {n}", final=True), f"k{n}")
    await expect(said(page, "message 39")).to_be_in_viewport()
    await page.locator("#main .scroller").evaluate("element => { element.scrollTop = 0 }")
    await expect(said(page, "first")).to_be_in_viewport()
    await world.adapter.post(place, Rendered("the news", final=True), "news")

    await expect(said(page, "the news")).not_to_be_in_viewport()
    await page.get_by_role("button", name="New messages").click()
    await expect(said(page, "the news")).to_be_in_viewport()


async def test_a_picture_that_comes_late_does_not_push_the_end_out_of_sight(world: Playground, page: Page) -> None:
    await say(page, "hi")
    place = (await heard(world, 1)).place
    for n in range(20):
        await world.adapter.post(place, Rendered(f"message {n}", final=True), f"k{n}")
    shown = OutFile("tall.png", "image/png", picture(size=(200, 220)), "a tall picture")
    await world.adapter.post(place, Rendered("look", files=(shown,), final=True), "picture")

    await expect(page.get_by_role("img", name="a tall picture")).to_be_in_viewport(ratio=1)


async def test_a_channel_one_does_not_look_at_is_marked(world: Playground, page: Page) -> None:
    await say(page, "hi")
    place = (await heard(world, 1)).place
    await world.adapter.post(replace(place, channel="dev"), Rendered("over here", final=True), "k")
    await expect(page.get_by_role("link", name="# dev")).to_have_class(re.compile("unread"))
    await page.get_by_role("link", name="# dev").click()
    await expect(said(page, "over here")).to_be_visible()
    await expect(page.get_by_role("link", name="# dev")).not_to_have_class(re.compile("unread"))


async def test_it_fits_a_phone(world: Playground, page_at: OpenPage) -> None:
    address = await world.adapter.invitation(world.origin)
    page = await page_at(address, viewport={"width": 360, "height": 640}, has_touch=True, color_scheme="dark")
    await say(page, "x" * 300)
    await say(
        page,
        "| a wide | table with many words | in its cells | and more |\n|-|-|-|-|\n| " + "word " * 30 + "| | | |",
    )
    await expect(page.locator("#main table")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.get_by_role("button", name="Channels").click()
    await page.get_by_role("link", name="Gatepost").click()
    await expect(composer(page, "Gatepost")).to_be_visible()
    await expect(page.locator("#sidebar")).to_be_hidden()
    await say(page, "just us", "Gatepost")
    assert (await heard(world, 3)).place.kind is PlaceKind.DM


async def test_a_link_leads_to_its_message_however_long_ago_it_was_said(world: Playground, page: Page) -> None:
    ada, general = PEOPLE[0], place("general")
    for n in range(130):
        await world.log.post(
            PageMessage(f"m{n}", general, ada, 1_700_000_000.0 + n, f"number {n} of many"), f"k{n}"
        )
    await page.reload()
    await expect(said(page, "number 129 of many")).to_be_visible()
    link = world.adapter.link(general, "m3")
    await world.adapter.reply_privately(ada, general, Rendered(f"It was [here]({link})."), None)

    await page.get_by_role("link", name="here").click()

    await expect(said(page, "number 3 of many")).to_be_focused()
    await expect(page).to_have_url(re.compile("#/channel/general/thread/-/message/m3$"))


async def test_what_says_how_far_something_has_come_changes_and_goes_with_its_end(
    world: Playground, page: Page
) -> None:
    ada, general = PEOPLE[0], place("general")
    notes = page.locator(".message.private")
    for done in ("1 of 3", "2 of 3"):
        await world.adapter.show_progress(ada, general, Rendered(done, actions=(STOP,)), None, "key")
        await expect(notes).to_contain_text([done])
    await expect(notes.get_by_role("button", name="Stop")).to_be_visible()

    await world.adapter.show_progress(ada, general, None, None, "key")

    await expect(notes).to_have_count(0)
