"""Opens a file again that was sent earlier in the conversation: by page, or by part."""

import re
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, Field

from bot.errors import ToolFailed
from bot.messages import Reading
from bot.store.intents.history import earlier_files
from bot.tools.base import Tool, ToolContext
from bot.tools.parts import part_of

_PAGE: Final = re.compile(r"^\[page (\d+)[^\]\n]*\]$", re.MULTILINE)
_LISTED: Final = 30


class OpenFile(BaseModel):
    """Read again what a file says that was sent earlier in this conversation, also one that you no longer see.

    Without a name it lists the files there are.
    """

    name: str = Field(default="", description="The file's name, or a part of it.", max_length=200)
    pages: str = Field(default="", description="For a PDF: a page such as 3, or pages such as 3-5.", max_length=20)
    part: int = Field(default=1, description="Long texts come in parts; which one.", ge=1, le=500)


async def open_file(context: ToolContext, arguments: OpenFile) -> str:
    """The part that was asked for, with how many there are."""
    files = await context.world.store.read(earlier_files, context.conversation)
    if not arguments.name:
        return _listed(files)
    found = next((one for one in files if arguments.name.casefold() in one.name.casefold()), None)
    if found is None:
        raise ToolFailed(f"no file here is called {arguments.name!r}. {_listed(files)}")
    if not found.text:
        raise ToolFailed(found.unread or f"{found.name} holds no text")
    text = _pages(found, arguments.pages) if arguments.pages else found.text
    shown, count = part_of(text, arguments.part)
    if not shown:
        raise ToolFailed(f"{found.name} has {count} parts, and no part {arguments.part}")
    pages = f", {found.pages} pages" if found.pages else ""
    which = f" (part {arguments.part} of {count})" if count > 1 else ""
    left_out = f"\n({found.unread})" if found.unread else ""
    return f"{found.name}{pages}{which}{left_out}\n\n{shown}"


def _listed(files: Sequence[Reading]) -> str:
    if not files:
        return "No file was sent in this conversation."
    return "Files here, the latest first:\n" + "\n".join(f"- {_about(one)}" for one in files[:_LISTED])


def _about(file: Reading) -> str:
    size = f"{file.pages} pages" if file.pages else f"{len(file.text):,} characters"
    return f"{file.name} ({file.kind.value}, {size})"


def _pages(file: Reading, wanted: str) -> str:
    """The text of these pages. Raises `ToolFailed` where they are not among those that were read."""
    asked = re.fullmatch(r"\s*(\d+)\s*(?:[-–]\s*(\d+)\s*)?", wanted)
    if asked is None:
        raise ToolFailed("write a page as 3, or pages as 3-5")
    first, last = int(asked[1]), int(asked[2] or asked[1])
    marks = list(_PAGE.finditer(file.text))
    ends = [*(mark.start() for mark in marks[1:]), len(file.text)]
    spans = zip(marks, ends, strict=False)
    chosen = [file.text[mark.start() : end].strip() for mark, end in spans if first <= int(mark[1]) <= last]
    if not chosen:
        read = f"pages {marks[0][1]} to {marks[-1][1]}" if marks else "no single pages"
        raise ToolFailed(f"of {file.name} I have {read}")
    return "\n\n".join(chosen)


OPEN_FILE = Tool(name="open_file", label="open earlier files", arguments=OpenFile, run=open_file, untrusted=True)
