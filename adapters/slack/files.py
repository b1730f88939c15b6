"""Files: fetched with the token from Slack's own hosts only, uploaded in the three steps of today."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused
from adapters.slack.inbound import NAMELESS, attachment_of
from bot.errors import FileRefused
from bot.messages import Attachment, OutFile, Place

_READ, _WRITE = "files:read", "files:write"
_REDIRECTS = (301, 302, 303, 307, 308)

_DENIED = {
    "access_denied": (
        "Slack does not let me open {file}, as it comes from another workspace. Download it, then attach it here."
    ),
    "file_not_found": "I can't find {file} on Slack, or may not see it. Attach it again.",
    "file_deleted": "I can't open {file}, as it was deleted. Attach it again.",
}
"""What people are told of a file that Slack tells nothing of, by its reason."""


class Files:
    """What people attach, and what we show."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes. Raises FileRefused where there is no way to them, SlackRefused where there may be later."""
        attachment = await self.described(attachment)
        name, url = attachment.name, attachment.url or ""
        if not self._api.is_slacks(url):
            raise FileRefused(f"{name} is not kept by Slack, so I did not fetch it. Attach the file itself.")
        if self._api.scopes is not None and _READ not in self._api.scopes:
            raise _no_scope(name)
        status, media_type, elsewhere, pieces = await self._api.get(url)
        if status in _REDIRECTS:
            await _close(pieces)
            if not self._api.is_slacks(elsewhere):
                raise FileRefused(f"Slack sends me elsewhere for {name}, and I do not follow. Attach it again.")
            status, media_type, _, pieces = await self._api.get(elsewhere)
        try:
            if status != 200:
                raise FileRefused(f"{name} is not there any more. Attach it again.")
            if media_type == "text/html" and attachment.media_type != "text/html":
                raise _no_scope(name)  # a login page: what Slack shows to whoever may not see the file
            async for piece in pieces:
                yield piece
        finally:
            await _close(pieces)

    async def described(self, attachment: Attachment) -> Attachment:
        """The file, looked up where the event told only its id, as in channels shared with others.

        Raises FileRefused where it is closed to us, SlackRefused where it may not be later.
        """
        if attachment.url is not None:
            return attachment
        called = "a file" if attachment.name == NAMELESS else attachment.name
        try:
            answer = await self._api.read("files.info", file=attachment.id)
        except SlackRefused as error:
            if error.failure.kind.passes:
                raise
            if error.code == "missing_scope":
                raise _no_scope(called) from error
            said = _DENIED.get(error.code, "Slack does not give me {file}. Attach it again.")
            raise FileRefused(said.format(file=called)) from error
        found = attachment_of(answer["file"])
        if found.url is None:
            raise FileRefused(
                f"{found.name} is kept outside Slack, so I did not fetch it. Attach the file itself."
            )
        return found

    async def share(self, place: Place, after: str, files: Sequence[OutFile]) -> None:
        """Show files below a message of ours, each once, however often it is asked for. Raises SlackRefused."""
        missing = [file for file in files if file.data]
        if not missing:
            return
        there = await self._names_after(place, after)
        for file in missing:
            if file.name not in there:
                await self._upload(place.channel, place.thread or after, file)

    async def send(self, channel: str, thread: str | None, files: Sequence[OutFile]) -> None:
        """Show files by themselves. Raises SlackRefused."""
        for file in files:
            if file.data:
                await self._upload(channel, thread, file)

    async def _names_after(self, place: Place, after: str) -> set[str]:
        us = await self._api.us()
        root = place.thread or after
        answer = await self._api.read(
            "conversations.replies", channel=place.channel, ts=root, oldest=after, limit=100
        )
        ours = [one for one in answer.get("messages", ()) if one.get("user") == us.user and one["ts"] > after]
        return {str(file.get("name")) for one in ours for file in one.get("files") or ()}

    async def _upload(self, channel: str, thread: str | None, file: OutFile) -> None:
        answer = await self._api.read(
            "files.getUploadURLExternal",
            filename=file.name,
            length=len(file.data),
            alt_txt=file.description or None,
        )
        await self._api.put(str(answer["upload_url"]), file.data)
        given: list[dict[str, Any]] = [{"id": answer["file_id"], "title": file.description or file.name}]
        await self._api.write(
            "files.completeUploadExternal",
            files=given,
            channel_id=channel,
            thread_ts=thread,
        )


def _no_scope(name: str) -> FileRefused:
    return FileRefused(
        f"I may not open {name}: the app lacks the scope `{_READ}`. Whoever runs the app can add it and reinstall."
    )


async def _close(pieces: AsyncIterator[bytes]) -> None:
    close: Any = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
