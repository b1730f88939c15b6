"""The whole program as somebody meets it who has just installed it: the printed address, a browser, no key."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.crash.program import Program, Victim, program
from tests.files import pdf, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 20_000.0


@pytest_asyncio.fixture(loop_scope="session")
async def running(tmp_path: Path) -> AsyncIterator[Program]:
    async with program(tmp_path) as started:
        yield started


def answers(page: Page, pane: str) -> Locator:
    return page.locator(f"{pane} .message.ours[aria-busy=false]")


async def test_a_picture_and_a_pdf_are_answered_about_in_a_thread_that_hears_follow_ups(
    running: Program, page_at: OpenPage
) -> None:
    page = await page_at(await running.invitation())
    await expect(page.locator("#demo")).to_have_text("No key set: answers come from a built-in scripted model.")
    box = page.get_by_role("combobox", name="Message #general")
    files = [
        FilePayload(name="wall.png", mimeType="image/png", buffer=picture(size=(80, 60), colour="red")),
        FilePayload(name="note.pdf", mimeType="application/pdf", buffer=pdf(["The heron stands in the reeds."])),
    ]
    await page.locator("#main input[type=file]").set_input_files(files)
    await box.fill("@Gatepost what is in these?")
    await box.press("Enter")

    first = answers(page, "#thread").first
    await expect(first).to_contain_text(re.compile("80 × 60"), timeout=PATIENCE)
    await expect(first).to_contain_text("The heron stands in the reeds.")
    thread = page.get_by_role("combobox", name="Message the thread")
    await thread.fill("What time is it?")
    await thread.press("Enter")
    await expect(answers(page, "#thread")).to_have_count(2, timeout=PATIENCE)
    await expect(page.locator("#main .message.ours")).to_have_count(0)


async def test_an_answer_that_was_killed_half_way_is_whole_again_before_the_persons_eyes(
    running: Program, page_at: OpenPage
) -> None:
    page = await page_at(f"{await running.invitation()}#/dm")
    await page.get_by_role("link", name="Gatepost").click()
    box = page.get_by_role("combobox", name="Message Gatepost")
    await box.fill("Write 60 words about gates.")
    await box.press("Enter")
    await expect(page.locator("#main .message.ours .body p").first).to_be_visible(timeout=PATIENCE)
    await running.kill(Victim.CHILD)

    await expect(page.get_by_text("Reconnecting…")).to_be_visible()
    await expect(answers(page, "#main").get_by_role("button", name="Regenerate")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_text("Reconnecting…")).to_be_hidden()
    await expect(page.locator("#main .message.ours")).to_have_count(1)
