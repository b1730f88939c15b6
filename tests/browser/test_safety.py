"""Who gets in, and that nothing anybody writes can do harm in the browser."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from bot.messages import Rendered
from tests.browser.conftest import OpenPage
from tests.browser.people import composer, heard
from tests.web_page import Playground, playground

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
