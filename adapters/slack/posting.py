"""Messages of ours: posted, edited, streamed, taken away; a stream that is in the way is ended first."""

from collections import OrderedDict

import structlog

from adapters.slack import outbound
from adapters.slack.api import Api
from adapters.slack.failures import NO_STREAMS, SlackRefused, refused
from adapters.slack.files import Files
from adapters.slack.inbound import is_ts
from adapters.slack.past import Past
from adapters.slack.people import People
from bot.messages import FailureKind, Place, Rendered

log = structlog.get_logger(__name__)

_REMEMBERED = 2_000


class Posting:
    """Calls for our own messages. Raises SlackRefused."""

    def __init__(self, api: Api, files: Files, past: Past, people: People) -> None:
        self._api = api
        self._files = files
        self._past = past
        self._people = people
        self._posted: OrderedDict[str, str] = OrderedDict()
        self._steps: dict[str, tuple[int, str | None]] = {}  # by stream: how many steps, and the one under way
        self._working: set[tuple[str, str]] = set()  # threads in which Slack shows that we work
        self.streams = True
        self.statuses = True

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message, once for each key as long as we remember it; later it is found by `find`."""
        if (known := self._posted.get(key)) is not None:
            return known
        _check(rendered)
        answer = await self._api.write(
            "chat.postMessage",
            channel=place.channel,
            thread_ts=place.thread,
            text=outbound.fallback(rendered.text or rendered.status or ""),
            blocks=outbound.blocks(rendered) or None,
            metadata=outbound.metadata(key),
            unfurl_links=False,
            unfurl_media=False,
        )
        ts = str(answer["ts"])
        self._remember(key, ts)
        await self._files.share(place, ts, rendered.files)
        return ts

    async def edit(self, place: Place, ts: str, rendered: Rendered, key: str | None = None) -> None:
        """Replace a message. A stream that is still open is ended first, as Slack edits none."""
        _check(rendered)
        for again in (True, False):
            try:
                await self._api.write(
                    "chat.update",
                    channel=place.channel,
                    ts=ts,
                    text=outbound.fallback(rendered.text or rendered.status or ""),
                    blocks=outbound.blocks(rendered) or [],
                    metadata=outbound.metadata(key) if key is not None else None,
                )
                break
            except SlackRefused as error:
                if error.code != "streaming_state_conflict" or not again:
                    raise
            await self._end_stream(place, ts)
        if rendered.final:
            await self._files.share(place, ts, rendered.files)
            await self.rest(place)

    async def delete(self, place: Place, ts: str) -> bool:
        """Take a message away; whether it was ours and is gone by this."""
        for again in (True, False):
            try:
                await self._api.write("chat.delete", channel=place.channel, ts=ts)
            except SlackRefused as error:
                if error.failure.kind is FailureKind.NOT_FOUND:
                    return False
                if error.code != "cant_delete_message":
                    raise
                if not again or not await self._end_stream(place, ts):
                    return False
            else:
                return True
        return False

    async def find(self, place: Place, key: str) -> str | None:
        """What became of a post: found by its mark, or as the stream nobody lays claim to, which is ended."""
        posted, unclaimed = await self._past.posted(place, key)
        if posted is None and unclaimed is not None and await self._end_stream(place, unclaimed, key):
            log.info("stream adopted", place=place.key)
            posted = unclaimed
        if posted is not None:
            self._remember(key, posted)
        return posted

    # --- streams ---------------------------------------------------------------------------------

    async def start(self, place: Place, text: str, asker: str) -> str:
        """Begin a stream for somebody, in a thread."""
        if place.thread is None:
            raise refused("no_thread")
        us = await self._api.us()
        try:
            answer = await self._api.write(
                "chat.startStream",
                channel=place.channel,
                thread_ts=place.thread,
                chunks=outbound.text_chunk(text),
                recipient_user_id=asker or None,
                recipient_team_id=self._people.team(asker, us.team),
                task_display_mode="timeline",
            )
        except SlackRefused as error:
            if error.code in NO_STREAMS:
                self.streams = False
                log.warning("no native streams here; answers are posted and edited", code=error.code)
            raise
        self._working.add((place.channel, place.thread))
        return str(answer["ts"])

    async def append(self, place: Place, ts: str, text: str, status: str | None) -> None:
        """Let a stream grow, and show what we do meanwhile as its step."""
        steps, under_way = self._steps.get(ts, (0, None))
        chunks = outbound.text_chunk(text)
        if status != under_way:
            chunks += outbound.task_chunks(steps, under_way, status)
        if not chunks:
            return
        await self._api.write("chat.appendStream", channel=place.channel, ts=ts, chunks=chunks)
        if status != under_way:
            self._steps[ts] = (steps + bool(status), status)

    async def stop(self, place: Place, ts: str, text: str, rendered: Rendered, key: str) -> None:
        """End a stream with its last text and what stands beneath."""
        steps, under_way = self._steps.get(ts, (0, None))
        chunks = outbound.text_chunk(text) + outbound.task_chunks(steps, under_way, None)
        beneath = outbound.beneath(rendered) if rendered.final else []
        await self._api.write(
            "chat.stopStream",
            channel=place.channel,
            ts=ts,
            chunks=chunks or None,
            blocks=beneath or None,
            metadata=outbound.metadata(key),
        )
        self._forget(place, ts)
        self._remember(key, ts)
        if rendered.final:
            await self._files.share(place, ts, rendered.files)

    async def _end_stream(self, place: Place, ts: str, key: str | None = None) -> bool:
        """End a stream as it is; whether the message is ours and an ordinary one now."""
        try:
            mark = outbound.metadata(key) if key is not None else None
            await self._api.write("chat.stopStream", channel=place.channel, ts=ts, metadata=mark)
        except SlackRefused as error:
            if error.failure.kind not in (FailureKind.CLOSED, FailureKind.FORBIDDEN):
                raise
            if error.failure.kind is FailureKind.FORBIDDEN:
                return False
        self._forget(place, ts)
        return True

    # --- what is shown beside messages -----------------------------------------------------------

    async def status(self, place: Place, status: str) -> None:
        """Say under the thread what we do. Slack puts our name before it."""
        if place.thread is None or not self.statuses:
            raise refused("no_status_here")
        said = f"is {status}" if status[:1].islower() else status
        try:
            await self._api.write(
                "assistant.threads.setStatus", channel_id=place.channel, thread_ts=place.thread, status=said
            )
        except SlackRefused as error:
            if error.code in NO_STREAMS or error.code == "missing_scope":
                self.statuses = False
            raise

    async def rest(self, place: Place) -> None:
        """Tell Slack that we work no longer in a thread, where a stream that we did not end said we do."""
        thread = (place.channel, place.thread or "")
        if thread not in self._working:
            return
        self._working.discard(thread)
        try:
            await self._api.write(
                "agents.sessions.setStatus", channel_id=thread[0], thread_ts=thread[1], status="active"
            )
        except SlackRefused as error:
            log.debug("session not released", code=error.code)

    def _forget(self, place: Place, ts: str) -> None:
        self._steps.pop(ts, None)
        self._working.discard((place.channel, place.thread or ""))

    def _remember(self, key: str, ts: str) -> None:
        self._posted[key] = ts
        if len(self._posted) > _REMEMBERED:
            self._posted.popitem(last=False)


def _check(rendered: Rendered) -> None:
    if len(rendered.text) > outbound.TEXT_LIMIT:
        raise refused("msg_too_long")


def known_ts(ts: str) -> str:
    """The id of a message. Raises SlackRefused for what can be none."""
    if not is_ts(ts):
        raise refused("message_not_found")
    return ts
