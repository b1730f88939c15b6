"""Choosing a model at the page: for a place and for one answer, by keyboard and for a screen reader."""

import pytest
from playwright.async_api import Page, expect

from bot.messages import Action, ActionName, Rendered
from tests.browser.people import begin_answer, heard, say
from tests.web_page import Playground

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_place_shows_its_model_and_another_is_chosen_with_the_keyboard(
    world: Playground, page: Page
) -> None:
    shown = page.locator("#main .heading .model")
    await expect(shown).to_have_text("demo/scripted")
    await expect(shown).to_have_accessible_name("Model here: demo/scripted. Choose another one")
    await shown.focus()
    await page.keyboard.press("Enter")
    field = page.get_by_role("combobox", name="Model", exact=True)
    await expect(page.get_by_role("dialog", name="Which model is to answer here?")).to_be_visible()
    await expect(field).to_be_focused()
    await expect(page.get_by_role("option")).to_have_count(2)
    await page.keyboard.type("slow")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("demo/slow")
    await page.keyboard.press("Enter")

    event = await heard(world, 1)
    assert event.command is not None
    assert (event.command.name, dict(event.command.options)) == ("model", {"name": "demo/slow"})
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(shown).to_be_focused()


async def test_an_answer_is_asked_for_again_from_another_model(world: Playground, page: Page) -> None:
    await say(page, "@Gatepost hello")
    thread, answer = await begin_answer(world, await heard(world, 1))
    other = Action(ActionName.OTHER_MODEL, "turn-1")
    await world.adapter.edit(thread, answer, Rendered("hi", actions=(other,), final=True))
    await expect(page.locator("#thread .heading .model")).to_have_text("demo/in-thread")
    pressed = page.locator("#thread").get_by_role("button", name="Other model…")
    await pressed.click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(pressed).to_be_focused()

    await pressed.click()
    await page.get_by_role("option", name="demo/slow").click()

    event = await heard(world, 2)
    assert event.action == Action(ActionName.OTHER_MODEL, "turn-1", "demo/slow")
