"""A real browser, one for the whole run; every test gets a context of its own in it."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.web_page import Playground, playground

OpenPage: TypeAlias = Callable[..., Awaitable[Page]]

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str | None:
    """The browser to test in: GATEPOST_CHROMIUM, or one on the PATH, or none (then Playwright's own is tried)."""
    named = os.environ.get("GATEPOST_CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The one browser, or a skip that says why there is none."""
    from playwright.async_api import Error

    async with async_playwright() as playwright:
        try:
            opened = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        except Error as error:
            pytest.skip(f"NO BROWSER, SO THE PAGE IS NOT TESTED: {str(error).splitlines()[0]}")
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page_at(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens an address in a fresh context. At the end no page may have failed, complained or asked elsewhere."""
    complaints: list[str] = []
    contexts = []

    async def open_page(url: str, **options: object) -> Page:
        context = await browser.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})  # type: ignore[arg-type]  # passed on as they are
        context.set_default_timeout(8000)
        contexts.append(context)
        page = await context.new_page()
        watch(page, url, complaints)
        await page.goto(url)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert complaints == []


def watch(page: Page, url: str, complaints: list[str]) -> None:
    """Note every script error, console error and request to another host."""
    own = url.split("/")[2]
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on(
        "console",
        lambda said: complaints.append(f"console: {said.text}") if _matters(said.text, said.type) else None,
    )
    page.on(
        "request",
        lambda asked: complaints.append(f"asked: {asked.url}") if _is_elsewhere(asked.url, own) else None,
    )


def _matters(text: str, kind: str) -> bool:
    """A lost connection and a refused message are told to the person, and the browser logs them by itself."""
    return kind == "error" and not text.startswith(("Failed to load resource", "WebSocket connection to"))


def _is_elsewhere(url: str, own: str) -> bool:
    return not url.startswith(("blob:", "data:")) and url.split("/")[2] != own


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[Playground]:
    """A playground of the test's own, with a scripted core behind it."""
    async with playground(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(world: Playground, page_at: OpenPage) -> Page:
    """A tab in which somebody was let in, as Ada."""
    return await page_at(await world.adapter.invitation(world.origin))
