"""Single calls to a platform for the messages of one reply, each post stored before and receipted after."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from bot.delivery.posts import Outcome, Post, PostLog
from bot.delivery.streaming import Stream
from bot.errors import StoreError
from bot.messages import CallKind, Place, Rendered
from bot.ports import Adapter, Reconciles, ShowsStatus, StreamsNatively, offers

log = structlog.get_logger(__name__)

Where: TypeAlias = Callable[[Place], Awaitable[Place]]
"""Where posts for a place go in truth, once it is there."""


@dataclass(slots=True)
class Message:
    """One message of the reply, as far as we know what became of it."""

    key: str
    message_id: str | None = None
    intended: bool = False  # it is stored that it is about to be posted
    receipted: bool = False  # its id is stored
    unsure: bool = False  # it may have been posted: nobody told us
    plain: bool = False  # the platform refused it with everything that goes with the text
    sent: Rendered | None = None
    outcome: Outcome | None = None
    stream: Stream | None = None  # it was begun as one

    @property
    def streams(self) -> bool:
        """Whether it is a stream at this moment."""
        return self.stream is not None and self.stream.open


@dataclass(frozen=True, slots=True)
class Job:
    """One call that brings message `n` of a reply closer to what is wanted. `text` is what a stream gets."""

    verb: CallKind
    message: Message
    n: int
    want: Rendered
    text: str = ""


class Courier:
    """Makes the calls of one reply. Errors of the platform and of the log come out as they are."""

    def __init__(
        self, adapter: Adapter, place: Place, turn_id: str, asker: str, post_log: PostLog, where: Where
    ) -> None:
        self._adapter = adapter
        self._place = place
        self._turn_id = turn_id
        self._asker = asker
        self._log = post_log
        self._where = where
        self.in_doubt = False  # a message may be there already, and the platform cannot be asked

    async def carry_out(self, job: Job, *, ends: bool) -> bool:
        """Make the call; False when none was needed. With `ends`, a receipt is left to be stored with the end."""
        match job.verb:
            case CallKind.EDIT:
                await self._edit(job)
                return True
            case CallKind.APPEND:
                await self._append(job)
                return True
            case CallKind.STOP:
                await self._stop(job)
                return True
            case CallKind.STATUS:
                await self._show_status(job)
                return True
        if job.message.unsure and await self._found(job.message):
            return False
        if job.verb is CallKind.DELETE:
            return await self._delete(job.message)
        await self._post(job)
        if not ends:
            await self._receipt(job.message)
        return True

    async def _edit(self, job: Job) -> None:
        message, source = job.message, self._adapter
        assert message.message_id is not None
        if message.stream is not None and offers(source, StreamsNatively):
            await source.edit_streamed(self._place, message.message_id, job.want, message.key)
        else:
            await source.edit(self._place, message.message_id, job.want)
        message.sent = job.want

    async def _post(self, job: Job) -> None:
        message = job.message
        self._place = await self._where(self._place)
        if not message.intended:
            await self._log.intend(Post(message.key, self._turn_id, job.n), self._place)
            message.intended = True
        message.unsure = True
        if job.verb is CallKind.START and offers(self._adapter, StreamsNatively):
            begun = asyncio.get_running_loop().time()
            message.message_id = await self._adapter.start_stream(self._place, job.text, self._asker)
            message.stream = Stream(begun, job.text)
        else:
            message.message_id = await self._adapter.post(self._place, job.want, message.key)
            message.sent = job.want
        message.unsure = False

    async def _append(self, job: Job) -> None:
        message, stream = job.message, job.message.stream
        assert message.message_id is not None
        assert stream is not None
        assert offers(self._adapter, StreamsNatively)
        await self._adapter.append_stream(self._place, message.message_id, job.text, job.want.status)
        stream.appended += job.text
        stream.status = job.want.status

    async def _stop(self, job: Job) -> None:
        """End a stream; what it could not be made to say is edited afterwards."""
        message, stream = job.message, job.message.stream
        assert message.message_id is not None
        assert stream is not None
        assert offers(self._adapter, StreamsNatively)
        await self._adapter.stop_stream(self._place, message.message_id, job.text, job.want, message.key)
        stream.open = False
        if job.want.final and not stream.doubtful and stream.appended + job.text == job.want.text:
            message.sent = job.want

    async def _show_status(self, job: Job) -> None:
        assert offers(self._adapter, ShowsStatus)
        await self._adapter.show_status(self._place, job.want.status or "")

    async def _delete(self, message: Message) -> bool:
        if message.message_id is not None:
            await self._adapter.delete(self._place, message.message_id)
        message.outcome = Outcome.GONE
        return message.message_id is not None

    async def _found(self, message: Message) -> bool:
        """Whether a post that nobody told us about turns out to have been made."""
        if message.message_id is None and offers(self._adapter, Reconciles):
            message.message_id = await self._adapter.reconcile(self._place, message.key)
        elif message.message_id is None:
            self.in_doubt = True
        message.unsure = False
        if message.message_id is None:
            return False
        if offers(self._adapter, StreamsNatively):
            message.stream = Stream.of_old()
        await self._receipt(message)
        return True

    async def _receipt(self, message: Message) -> None:
        assert message.message_id is not None
        try:
            await self._log.posted(message.key, message.message_id)
            message.receipted = True
        except StoreError:
            log.warning("receipt not stored", place=self._place.key, turn=self._turn_id)
