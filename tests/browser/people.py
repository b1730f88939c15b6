"""What people do at the page, and how they see it."""

import asyncio
import re

from playwright.async_api import Locator, Page

from bot.messages import Action, ActionName, Inbound, Place, Rendered
from tests.web_page import Playground

STOP = Action(ActionName.STOP, "turn-1")
AFTER_STOP = (Action(ActionName.CONTINUE, "turn-1"), Action(ActionName.REGENERATE, "turn-1"))


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
