"""The playground as people meet it: in a real browser, over a scripted core."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Locator, Page, expect

from bot.messages import Action, ActionName, Inbound, InboundKind, OutFile, Place, PlaceKind, Rendered
from tests.browser.conftest import OpenPage
from tests.files import picture
from tests.web_page import Playground, playground

pytestmark = pytest.mark.asyncio(loop_scope="session")

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGM8EWDDgA0wYRUdtBIADpsBZHzd7RcAAAAASUVORK5CYII="
)
STOP = Action(ActionName.STOP, "turn-1")
AFTER_STOP = (Action(ActionName.CONTINUE, "turn-1"), Action(ActionName.REGENERATE, "turn-1"))


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[Playground]:
    async with playground(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(world: Playground, page_at: OpenPage) -> Page:
    return await page_at(await world.adapter.invitation(world.origin))


def composer(page: Page, where: str = "#general") -> Locator:
    return page.get_by_role("combobox", name=f"Message {where}", exact=True)


async def say(page: Page, text: str, where: str = "#general") -> None:
    """Type it and press Enter."""
    await composer(page, where).fill(text)
    await composer(page, where).press("Enter")


def said(page: Page, text: str | re.Pattern[str], pane: str = "#main") -> Locator:
    """The message with these words, once it has left."""
    return page.locator(f"{pane} .message:not(.pending)").filter(has_text=text)


async def begin_answer(world: Playground, event: Inbound) -> tuple[Place, str]:
    """Answer in a thread of its own, as the core does; where it is, and the answer's id."""
    await world.adapter.open_thread(event.place, event.message_id, event.text)
    thread = world.adapter.thread_for(event.place, event.message_id)
    rendered = Rendered("", status="thinking…", actions=(STOP,))
    return thread, await world.adapter.post(thread, rendered, event.key)


async def heard(world: Playground, count: int) -> Inbound:
    """The event with this number, once it has come."""
    async with asyncio.timeout(5), world.intake.news:
        await world.intake.news.wait_for(lambda: len(world.intake.heard) >= count)
    return world.intake.heard[count - 1]


async def test_an_answer_grows_in_a_thread_beside_the_channel(world: Playground, page: Page) -> None:
    await say(page, "@Gatepost count for me")
    thread, answer = await begin_answer(world, await heard(world, 1))
    shown = page.locator("#thread .message.ours")
    await expect(shown).to_contain_text("thinking…")
    await expect(shown).to_have_attribute("aria-busy", "true")
    await expect(composer(page)).to_be_focused()

    for text in ("one", "one\n\ntwo", "one\n\ntwo\n\nthree"):
        await world.adapter.edit(thread, answer, Rendered(text, actions=(STOP,)))
        await expect(shown.locator(".body")).to_have_text(text, use_inner_text=True)
    await world.adapter.edit(thread, answer, Rendered("one\n\ntwo\n\nthree", final=True))

    await expect(shown).to_have_attribute("aria-busy", "false")
    await expect(page.locator("#main .replies")).to_have_text("1 reply")
    await expect(page.locator("#announcer")).to_have_text(re.compile("Gatepost answered: one"))


async def test_a_finished_block_keeps_what_was_selected_while_the_next_ones_come(
    world: Playground, page: Page
) -> None:
    await say(page, "@Gatepost go")
    thread, answer = await begin_answer(world, await heard(world, 1))
    await world.adapter.edit(thread, answer, Rendered("first\n\nsec"))
    first = page.locator("#thread .message.ours .body p").first
    await first.select_text()

    await world.adapter.edit(thread, answer, Rendered("first\n\nsecond\n\nthird", final=True))
    await expect(page.locator("#thread .message.ours")).to_contain_text("third")

    assert await page.evaluate("getSelection().toString()") == "first"


async def test_stop_continue_and_regenerate_reach_the_core(world: Playground, page: Page) -> None:
    await say(page, "@Gatepost go on")
    thread, answer = await begin_answer(world, await heard(world, 1))
    await page.get_by_role("button", name="Stop").click()
    assert (await heard(world, 2)).action == STOP
    await world.adapter.edit(thread, answer, Rendered("so far", status="stopped", actions=AFTER_STOP, final=True))
    await expect(page.locator("#thread .message.ours .status")).to_have_text("stopped")
    await page.get_by_role("button", name="Continue").click()
    await heard(world, 3)
    await page.get_by_role("button", name="Regenerate").click()
    await heard(world, 4)

    pressed = [event.action for event in world.intake.heard if event.kind is InboundKind.BUTTON]
    assert pressed == [STOP, *AFTER_STOP]


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


async def test_deleting_asks_first_and_then_takes_it_from_everybody(world: Playground, page: Page) -> None:
    await say(page, "oops")
    await said(page, "oops").hover()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    await expect(said(page, "oops")).to_be_visible()
    await said(page, "oops").hover()
    await page.locator("#main .tools").get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    await expect(said(page, "oops")).to_have_count(0)
    assert (await heard(world, 2)).kind is InboundKind.DELETE


async def test_files_are_chosen_dropped_and_pasted_and_can_be_removed_again(world: Playground, page: Page) -> None:
    tray = page.locator("#main .tray li")
    chosen = [FilePayload(name="report.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4")]
    await page.locator("#main input[type=file]").set_input_files(chosen)
    await drop(
        page, "#main", "DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})", "cat.png"
    )
    paste = "ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})"
    await drop(page, "#main textarea", paste, "mistake.png")
    await expect(tray).to_have_count(3)
    await expect(tray.locator("img")).to_have_count(2)
    await page.get_by_role("link", name="# dev").click()
    await expect(tray).to_have_count(0)
    await page.get_by_role("link", name="# general").click()
    await expect(tray).to_have_count(3)
    await page.get_by_role("button", name="Remove mistake.png").click()
    await composer(page).press("Enter")

    message = page.locator("#main .message:not(.pending)")
    await expect(message.get_by_role("img", name="cat.png")).to_be_visible()
    await expect(message.get_by_role("link", name="report.pdf")).to_be_visible()
    assert await message.get_by_role("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 8
    assert [(file.name, file.media_type) for file in (await heard(world, 1)).attachments] == [
        ("report.pdf", "application/pdf"),
        ("cat.png", "image/png"),
    ]


async def drop(page: Page, target: str, event: str, name: str) -> None:
    """Let an event with a file in it happen, as dragging and pasting do."""
    script = f"""([bytes, name, target]) => {{
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, {{ type: "image/png" }}));
        document.querySelector(target).dispatchEvent(new {event});
    }}"""
    await page.evaluate(script, [list(PNG), name, target])


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    world: Playground, page: Page, tmp_path: Path
) -> None:
    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        file.truncate(60_000_000)
    await composer(page).fill("my film")
    await page.locator("#main input[type=file]").set_input_files(large)

    await expect(page.get_by_role("alert")).to_have_text(
        "“film.mp4” is larger than 25 MB, the most that can be sent here."
    )
    await expect(composer(page)).to_have_value("my film")


HOSTILE = """<script>window.harm = 1</script> <img src=x onerror="window.harm = 2"> <svg onload="window.harm = 3">
<style>body { display: none }</style> ![x](https://evil.example/a.png) ![y](data:image/svg+xml,<svg/>)
[one](javascript:window.harm=4) [two](data:text/html,<script>window.harm=5</script>) https://evil.example/"onclick="harm"

```html"><img src=x onerror=window.harm=6>
<iframe src="https://evil.example"></iframe>
```
| <b onmouseover="window.harm=7">a</b> | \u202e txt.exe |
|---|---|
| \x1b[31m | <form action="https://evil.example"><input></form> |
"""


async def test_nothing_hostile_runs_or_loads_whoever_wrote_it(world: Playground, page: Page) -> None:
    await composer(page).fill(HOSTILE.replace("\x1b", ""))
    name = "<img src=x onerror=window.harm=8>.pdf"
    await page.locator("#main input[type=file]").set_input_files(
        [FilePayload(name=name, mimeType="text/html", buffer=b"x")]
    )
    await composer(page).press("Enter")
    event = await heard(world, 1)
    await world.adapter.post(event.place, Rendered(HOSTILE, status="<i>x</i>", final=True), "k1")
    await world.adapter.post(event.place, Rendered(HOSTILE), "k2")
    await world.adapter.reply_privately(event.person, event.place, Rendered(HOSTILE, status="<b>x</b>"), None)
    await expect(page.locator("#main .message")).to_have_count(4)
    await expect(page.get_by_role("link", name=name)).to_be_visible()

    assert await page.evaluate("window.harm") is None
    forbidden = ".body :is(script, img, svg, style, iframe, form, input, b), .files b, .status :is(i, b)"
    await expect(page.locator(forbidden)).to_have_count(0)
    links = await page.locator(".body a").evaluate_all("links => links.map(link => [link.protocol, link.rel])")
    assert {tuple(link) for link in links} == {("https:", "noopener noreferrer nofollow")}
    assert page.url.startswith(world.origin)


async def test_the_palette_completes_by_keyboard_and_the_answer_is_for_this_tab_alone(
    world: Playground, page: Page
) -> None:
    async def answer(event: Inbound) -> None:
        await world.adapter.reply_privately(event.person, event.place, Rendered("Now `demo/slow`."), event.handle)

    world.intake.then = answer
    other = await page.context.new_page()
    await other.goto(world.origin)
    box = composer(page)
    await box.press_sequentially("/mo")
    await expect(page.get_by_role("option")).to_have_text(["/model Which model answers."])
    await box.press("Enter")
    await expect(page.get_by_role("option")).to_have_count(2)
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await expect(box).to_have_attribute("aria-activedescendant", re.compile(".+-1"))
    await box.press("Enter")
    await expect(box).to_have_value("/model demo/slow")
    await box.press("Enter")

    private = page.locator(".message.private")
    await expect(private).to_contain_text("Only you can see this")
    await expect(private.locator("code")).to_have_text("demo/slow")
    await expect(other.locator(".message")).to_have_count(0)
    event = await heard(world, 1)
    assert event.command is not None
    assert event.command.options == {"name": "demo/slow"}
    await page.bring_to_front()
    await private.get_by_role("button", name="Dismiss").click()
    await expect(private).to_have_count(0)


async def test_a_wrong_command_comes_back_to_be_mended(world: Playground, page: Page) -> None:
    await say(page, "/usr/bin is a folder")

    await expect(page.get_by_role("alert")).to_contain_text("There is no command /usr/bin.")
    await expect(composer(page)).to_have_value("/usr/bin is a folder")
    await expect(page.locator("#main .message")).to_have_count(0)


async def test_a_message_that_is_too_long_stays_where_it_was_typed(world: Playground, page: Page) -> None:
    await say(page, "x" * 100_000)

    sentence = "That message is 100,000 characters long; 32,000 are the most. Attach it as a file instead."
    await expect(page.get_by_role("alert")).to_have_text(sentence)
    assert len(await composer(page).input_value()) == 100_000


async def test_what_is_sent_while_the_program_is_gone_goes_out_when_it_is_back(
    tmp_path: Path, page_at: OpenPage
) -> None:
    async with playground(tmp_path) as first:
        page = await page_at(await first.adapter.invitation(first.origin))
        await say(page, "before")
        await expect(said(page, "before")).to_be_visible()
    await expect(page.get_by_text("Reconnecting…")).to_be_visible()
    await say(page, "meanwhile")
    await say(page, "and this")
    await expect(page.get_by_text("Not sent yet; trying again…")).to_be_visible()

    async with playground(tmp_path, port=int(first.origin.rpartition(":")[2])) as second:
        await expect(said(page, "and this")).to_be_visible()
        await expect(page.get_by_text("Reconnecting…")).to_be_hidden()
        await expect(page.locator("#main .message")).to_have_count(3)
        assert [event.text for event in second.intake.heard] == ["meanwhile", "and this"]


async def test_what_the_core_could_not_take_is_sent_again_by_itself(world: Playground, page: Page) -> None:
    world.intake.refuses = True
    async with page.expect_response(re.compile(r"/api/messages\?as=ada$")) as refused:
        await say(page, "patience")
    assert (await refused.value).status == 503
    world.intake.refuses = False

    assert (await heard(world, 1)).text == "patience"
    await expect(page.locator("#main .message")).to_have_count(1)


async def test_a_text_that_was_not_sent_survives_a_reload(world: Playground, page: Page) -> None:
    world.intake.refuses = True
    await say(page, "keep me")
    await expect(page.get_by_text("Not sent yet; trying again…")).to_have_count(
        0
    )  # it is kept, only not handed over
    world.intake.refuses = False
    await page.reload()

    await expect(said(page, "keep me")).to_have_count(1)
    assert (await heard(world, 1)).text == "keep me"


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


async def test_everything_can_be_done_with_the_keyboard(world: Playground, page: Page) -> None:
    keyboard = page.keyboard
    await expect(composer(page)).to_be_focused()
    await keyboard.type("typed at once")
    await keyboard.press("Shift+Enter")
    await keyboard.type("second line")
    await keyboard.press("Enter")
    await expect(said(page, "second line")).to_be_visible()
    await keyboard.press("ArrowUp")
    await keyboard.press("Escape")
    await expect(composer(page)).to_have_value("")

    await keyboard.press("Shift+Tab")  # attach
    await keyboard.press("Shift+Tab")  # delete, the last tool of the last message
    await expect(page.get_by_role("button", name="Delete")).to_be_focused()
    await keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    await keyboard.press("Escape")
    await expect(said(page, "second line")).to_be_visible()
    await expect(composer(page)).to_be_focused()
    assert (await heard(world, 1)).text == "typed at once\nsecond line"


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


async def test_an_address_that_was_used_says_so_and_the_next_one_works(
    world: Playground, page_at: OpenPage
) -> None:
    address = await world.adapter.invitation(world.origin)
    await page_at(address)
    stranger = await page_at(address)
    await expect(stranger.get_by_text("This address was used already")).to_be_visible()
    await stranger.goto(world.announced[0])
    await expect(composer(stranger)).to_be_visible()


async def test_a_password_is_asked_for_and_opens(tmp_path: Path, page_at: OpenPage) -> None:
    async with playground(tmp_path, password="open sesame") as world:
        page = await page_at(world.origin)
        await page.get_by_label("Password").fill("wrong")
        await page.get_by_role("button", name="Come in").click()
        await expect(page.get_by_role("alert")).to_have_text("That is not the password.")
        await page.get_by_label("Password").fill("open sesame")
        await page.get_by_role("button", name="Come in").click()
        await expect(composer(page)).to_be_visible()


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
