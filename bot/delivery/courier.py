"""Single calls to a platform for the messages of one reply, each post stored before and receipted after."""

from dataclasses import dataclass
from enum import Enum

import structlog

from bot.delivery.posts import Outcome, Post, PostLog
from bot.errors import StoreError
from bot.messages import Place, Rendered
from bot.ports import Adapter, Reconciles, offers

log = structlog.get_logger(__name__)


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


class Verb(Enum):
    """What is done to a message."""

    POST = "post"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Job:
    """One call that brings message `n` of a reply closer to what is wanted."""

    verb: Verb
    message: Message
    n: int
    want: Rendered


class Courier:
    """Makes the calls of one reply. Errors of the platform and of the log come out as they are."""

    def __init__(self, adapter: Adapter, place: Place, turn_id: str, post_log: PostLog) -> None:
        self._adapter = adapter
        self._place = place
        self._turn_id = turn_id
        self._log = post_log
        self.in_doubt = False  # a message may be there already, and the platform cannot be asked

    async def carry_out(self, job: Job, *, ends: bool) -> bool:
        """Make the call; False when none was needed. With `ends`, a receipt is left to be stored with the end."""
        if job.verb is Verb.EDIT:
            assert job.message.message_id is not None
            await self._adapter.edit(self._place, job.message.message_id, job.want)
            job.message.sent = job.want
            return True
        if job.message.unsure and await self._found(job.message):
            return False
        if job.verb is Verb.DELETE:
            return await self._delete(job.message)
        await self._post(job)
        if not ends:
            await self._receipt(job.message)
        return True

    async def _post(self, job: Job) -> None:
        message = job.message
        if not message.intended:
            await self._log.intend(Post(message.key, self._turn_id, job.n), self._place)
            message.intended = True
        message.unsure = True
        message.message_id = await self._adapter.post(self._place, job.want, message.key)
        message.unsure = False
        message.sent = job.want

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
        await self._receipt(message)
        return True

    async def _receipt(self, message: Message) -> None:
        assert message.message_id is not None
        try:
            await self._log.posted(message.key, message.message_id)
            message.receipted = True
        except StoreError:
            log.warning("receipt not stored", place=self._place.key, turn=self._turn_id)
