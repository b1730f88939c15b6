"""Answers as people see them come: growing, stopped, private, and found again."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from bot.messages import Action, ActionName, Inbound, InboundKind, OutFile, Rendered
from tests.browser.people import AFTER_STOP, STOP, begin_answer, composer, heard, say
from tests.web_page import Playground

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_words_of_a_text_are_not_completed_as_other_options_and_named_ones_are(page: Page) -> None:
    box = composer(page)
    await box.press_sequentially("/draw a s")
    await expect(page.get_by_role("option")).to_have_count(0)
    await box.press_sequentially("hed size:s")
    await expect(page.get_by_role("option")).to_have_text(["small"])
    await box.press("Tab")
    await expect(box).to_have_value("/draw a shed size:small")


async def test_a_wrong_command_comes_back_to_be_mended(world: Playground, page: Page) -> None:
    await say(page, "/usr/bin is a folder")

    await expect(page.get_by_role("alert")).to_contain_text("There is no command /usr/bin.")
    await expect(composer(page)).to_have_value("/usr/bin is a folder")
    await expect(page.locator("#main .message")).to_have_count(0)


async def test_a_press_on_stop_counts_while_the_answer_grows_under_it(world: Playground, page: Page) -> None:
    await say(page, "@Gatepost go on")
    thread, answer = await begin_answer(world, await heard(world, 1))
    box = await page.get_by_role("button", name="Stop").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    for status in ("thinking…", None, "looking…", None):
        text = f"{status}\n\n" * 4
        await world.adapter.edit(thread, answer, Rendered(text, status=status, actions=(STOP,)))
        await expect(page.locator("#thread .message.ours .body")).to_contain_text(str(status))
    await page.mouse.up()

    assert (await heard(world, 2)).action == STOP


async def test_a_picture_in_a_private_answer_is_shown_with_its_description(world: Playground, page: Page) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 20), "#2f6feb").save(picture, "PNG")
    chart = OutFile("usage.png", "image/png", picture.getvalue(), "Bar chart. Your spending, US dollars a day.")

    async def answer(event: Inbound) -> None:
        said = Rendered("**Your spending**", files=(chart,))
        await world.adapter.reply_privately(event.person, event.place, said, event.handle)

    world.intake.then = answer
    await composer(page).fill("/model")
    await composer(page).press("Enter")
    note = page.get_by_label("Only you can see this", exact=True)
    shown = note.get_by_role("img", name="Bar chart. Your spending, US dollars a day.")
    await expect(shown).to_be_visible()

    assert await shown.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 40


async def test_buttons_under_a_private_answer_are_pressed_and_its_files_are_had(
    world: Playground, page: Page
) -> None:
    await say(page, "/help")
    typed = await heard(world, 1)
    asks = (Action(ActionName.FORGET, "request-1"), Action(ActionName.KEEP, "request-1"))
    file = OutFile("all.zip", "application/zip", b"PK")
    private = Rendered("Shall I forget it?", actions=asks, files=(file,), final=True)
    await world.adapter.reply_privately(typed.person, typed.place, private, typed.handle)
    note = page.locator(".message.private")
    await expect(note.get_by_role("link", name="all.zip")).to_be_visible()
    await expect(note.get_by_role("button", name="Keep it")).to_be_visible()
    await note.get_by_role("button", name="Forget it").click()

    pressed = await heard(world, 2)
    assert pressed.action == Action(ActionName.FORGET, "request-1")
    assert pressed.person.id == "ada"
