"""Takes the README's picture from the real program: `python -m tests.browser.screenshot deploy/playground.png`."""

import asyncio
import os
import re
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from playwright.async_api import FilePayload, Page, async_playwright

from tests.browser.conftest import _FLAGS, chromium
from tests.files import pdf

REPORT = """\
Lighthouse report, autumn
The lamp was replaced on 3 October.
Visitors came on 41 days.
The north stair opens again in March, when its railing is mended."""


async def main(target: Path) -> None:
    """Start the program, ask about a document in a thread, and take the picture."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "DATA_DIR": directory, "HTTP_PORT": "0", "LOG_LEVEL": "error"}
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", cwd=directory, env=environment, stdout=PIPE
        )
        try:
            await _picture(await _address(program), target)
        finally:
            program.terminate()
            await program.wait()


async def _address(program: Process) -> str:
    assert program.stdout is not None
    async for line in program.stdout:
        if found := re.search(r"http\S+", line.decode()):
            return found.group(0)
    raise RuntimeError("the program printed no address")


async def _picture(address: str, target: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        page = await browser.new_page(viewport={"width": 1040, "height": 620})
        await page.goto(address)
        await _ask(page, "@Gatepost when is the north stair open again?", pdf([REPORT]))
        await page.get_by_role("button", name="Regenerate").wait_for(timeout=20_000)
        await page.screenshot(path=target)
        await browser.close()


async def _ask(page: Page, question: str, document: bytes) -> None:
    box = page.locator("textarea").first
    await page.locator("input[type=file]").first.set_input_files(
        FilePayload(name="report.pdf", mimeType="application/pdf", buffer=document)
    )
    await box.fill(question)
    await box.press("Enter")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
