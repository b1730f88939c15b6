"""The whole program as somebody meets it who has just installed it: the printed address, a browser, no key."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Locator, Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.crash.program import Program, Victim, program
from tests.files import pdf, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE = 20_000.0


OpenPlace: TypeAlias = Callable[[str], Awaitable[Page]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """The one program; every test has a place of its own in it."""
    async with program(tmp_path_factory.mktemp("program")) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def let_in(running: Program, browser: Browser) -> StorageState:
    """What a browser keeps that opened the printed address."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(await running.invitation())
    await expect(page.get_by_role("combobox", name="Message #general")).to_be_visible()
    kept = await context.storage_state()
    await context.close()
    return kept


@pytest.fixture
def page_in(running: Program, let_in: StorageState, page_at: OpenPage) -> OpenPlace:
    """Opens a place of the program, named as in the page's addresses."""

    async def open_place(place: str) -> Page:
        return await page_at(f"{running.origin}/#/{place}", storage_state=let_in)

    return open_place


def answers(page: Page, pane: str) -> Locator:
    return page.locator(f"{pane} .message.ours[aria-busy=false]")


async def test_a_picture_and_a_pdf_are_answered_about_in_a_thread_that_hears_follow_ups(
    page_in: OpenPlace,
) -> None:
    page = await page_in("channel/general")
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
    running: Program, page_in: OpenPlace
) -> None:
    page = await page_in("dm")
    box = page.get_by_role("combobox", name="Message Gatepost")
    await box.fill("Write 60 words about gates.")
    await box.press("Enter")
    await expect(page.locator("#main .message.ours .body p").first).to_be_visible(timeout=PATIENCE)
    await running.kill(Victim.CHILD)

    await expect(page.get_by_text("Reconnecting…")).to_be_visible()
    await expect(answers(page, "#main").get_by_role("button", name="Regenerate")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_text("Reconnecting…")).to_be_hidden()
    await expect(page.locator("#main .message.ours")).to_have_count(1)


async def test_an_answer_is_stopped_and_continued_and_seen_by_the_other_person_and_after_a_reload(
    page_in: OpenPlace,
) -> None:
    page = await page_in("channel/dev")
    box = page.get_by_role("combobox", name="Message #dev")
    await box.fill("@Gatepost write 200 words about gates, pace 30")
    await box.press("Enter")
    answer = page.locator("#thread .message.ours").first
    await expect(answer.locator(".body p").first).to_be_visible(timeout=PATIENCE)
    await answer.get_by_role("button", name="Stop").click()
    await expect(answer.locator(".status")).to_have_text("Stopped.")
    kept = await answer.locator(".body p").first.inner_text()
    await answer.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_role("button", name="Regenerate")).to_be_visible(timeout=PATIENCE)

    other = await page.context.new_page()
    await other.goto(page.url)
    await other.get_by_role("radio", name="Grace").check()
    await page.reload()
    for one in (page, other):
        await expect(one.locator("#thread .message.ours .body").first).to_contain_text(kept[:40])
        await expect(one.locator("#main .replies")).to_have_count(1)


async def test_a_command_typed_faster_than_its_suggestions_come_runs_as_it_was_typed(
    page_in: OpenPlace,
) -> None:
    page = await page_in("channel/random")
    box = page.get_by_role("combobox", name="Message #random")
    await box.fill("/mo")
    await expect(page.get_by_role("option").first).to_be_visible()
    await box.fill("/model nobody/nothing")
    await box.press("Enter")
    said = page.get_by_role("article", name="Only you can see this")
    await expect(said).to_contain_text("There is no model nobody/nothing.")
    await expect(box).to_have_value("")


async def test_own_words_for_a_persona_are_let_out_by_a_button_that_says_so(page_in: OpenPlace) -> None:
    page = await page_in("channel/random")
    box = page.get_by_role("combobox", name="Message #random")
    said = page.get_by_role("article", name="Only you can see this").last
    await box.fill("/persona a pirate who counts everything scope:me")
    await box.press("Enter")
    await expect(said).to_contain_text("used only where nobody but you reads")
    await said.get_by_role("button", name="Use it where others read too").click()
    await expect(said).to_contain_text("Done. I use your own words where others read, too.")
