"""The terminal as a platform: one person, one question, and a page that can only grow."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from adapters.terminal.wording import at_a_shell
from bot.errors import PlatformError
from bot.messages import (
    Attachment,
    Budget,
    Capabilities,
    Failure,
    FailureKind,
    Inbound,
    InboundKind,
    OutFile,
    Person,
    Place,
    PlaceKind,
    Rendered,
)
from bot.ports import Clock, Intake

PLATFORM = "terminal"
HERE = Place(PLATFORM, "local", "question", kind=PlaceKind.DM)
_PIECE = 256 * 1024
_UNLIMITED = 10**9
_MOST_OF_A_NAME = 1_000


class TerminalAdapter:
    """Shows one answer. `write` is given text for standard output, `note` short lines for standard error.

    Files are saved into `directory`, the shell's own if none is named, and never over another. `ended` is done
    when the answer is, and fails with what `write`, `note` or saving raised: nobody reads on then.
    """

    platform = PLATFORM
    capabilities = Capabilities(text_limit=_UNLIMITED, edits=Budget(30, 1.0))

    def __init__(
        self,
        write: Callable[[str], None],
        note: Callable[[str], None],
        clock: Clock,
        directory: Path | None = None,
    ) -> None:
        self._write = write
        self._note = note
        self._clock = clock
        self._directory = directory or Path()
        self._files: list[Path] = []
        self._printed = ""
        self._noted: str | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self, intake: Intake) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    def question(self, text: str, files: Sequence[Path], key: str) -> Inbound:
        """What was typed, as an event."""
        return Inbound(
            key=key,
            kind=InboundKind.MESSAGE,
            place=HERE,
            message_id=key,
            person=Person("you", legible(os.environ.get("USER", "you"))),
            sent_at=self._clock(),
            text=legible(text),
            addressed=True,
            attachments=tuple(self._attachment(path) for path in files),
        )

    def _attachment(self, path: Path) -> Attachment:
        """A file by number, for its path may be no text; of a pipe nobody knows the size before its end."""
        self._files.append(path)
        size = path.stat().st_size if path.is_file() else None
        return Attachment(str(len(self._files) - 1), legible(path.name), size)

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Begin to print."""
        self._try_to_show(rendered)
        return key

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Print what is new. What is printed stays, so the last word waits until it is whole."""
        self._try_to_show(rendered)

    async def delete(self, place: Place, message_id: str) -> None:
        """What is printed stays."""

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The file's bytes."""
        # Unbuffered: what is still being read by a thread that was left behind can be closed all the same.
        try:
            with await _aside(open, self._files[int(attachment.id)], "rb", 0) as file:
                while piece := await _aside(file.read, _PIECE):
                    yield piece
        except OSError as error:
            raise PlatformError(Failure(FailureKind.NOT_FOUND), type(error).__name__) from error

    def render(self, markdown: str) -> str:
        """Markdown is shown as it is."""
        return markdown

    def _try_to_show(self, rendered: Rendered) -> None:
        if self.ended.done():
            return
        try:
            self._show(rendered)
        except Exception as error:  # noqa: BLE001 - whoever waits for the end is told, whatever it is
            self.ended.set_exception(error)

    def _show(self, rendered: Rendered) -> None:
        text = rendered.text if rendered.final else _whole_words(rendered.text)
        if text.startswith(self._printed):
            self._write(text[len(self._printed) :])
            self._printed = text
        if rendered.final and self._printed and not self._printed.endswith("\n"):
            self._write("\n")
        if rendered.status and rendered.status != self._noted:
            self._note(at_a_shell(rendered.status))
        self._noted = rendered.status
        if rendered.final:
            for file in rendered.files:
                self._note(f"saved {saved(file, self._directory)}")
            self.ended.set_result(None)


async def _aside(call: Callable[..., Any], *arguments: object) -> Any:
    """What the call returns, from a thread that nothing waits for: a pipe nobody writes to blocks for ever."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def settle(result: object, error: OSError | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    def run() -> None:
        try:
            told: tuple[object, OSError | None] = (call(*arguments), None)
        except OSError as error:
            told = (None, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(settle, *told)

    threading.Thread(target=run, name="read-file", daemon=True).start()
    return await answer


def legible(text: str) -> str:
    """The text with what stands for undecodable bytes replaced: nothing can store or send that."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def saved(file: OutFile, directory: Path) -> Path:
    """Where the file lies now: under its own name, or the next that is free. Raises OSError."""
    name = Path(file.name)
    for n in range(1, _MOST_OF_A_NAME):
        path = directory / (name.name if n == 1 else f"{name.stem}-{n}{name.suffix}")
        try:
            with path.open("xb") as out:
                out.write(file.data)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"there are too many files called {name.name} in {directory}")


def _whole_words(text: str) -> str:
    """The text without its last word, which may grow or be closed for display."""
    end = max(text.rfind(" "), text.rfind("\n"))
    return text[: end + 1]
