"""Writing at the page: nothing typed, chosen or sent is lost, and all of it works by keyboard."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from bot.messages import InboundKind
from tests.browser.conftest import OpenPage
from tests.browser.people import composer, heard, said, say
from tests.files import picture
from tests.web_page import Playground, playground

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
    await page.evaluate(script, [list(picture(size=(8, 8))), name, target])


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
    async with page.expect_response(lambda one: one.request.method == "POST") as refused:
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
