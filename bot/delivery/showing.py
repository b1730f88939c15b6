"""One reply on one platform: what is shown there, and the next call that brings it closer to the reply."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence

import structlog

from bot.delivery.backoff import Backoff
from bot.delivery.courier import Courier, Job, Where
from bot.delivery.lanes import Report
from bot.delivery.pacing import Urgency
from bot.delivery.parts import Parts
from bot.delivery.posts import Outcome, Post, PostLog
from bot.delivery.reply import Reply
from bot.delivery.schedule import Schedule
from bot.delivery.sight import Sight
from bot.delivery.streaming import GRACE, Grows
from bot.errors import PlatformError, StoreError
from bot.messages import Action, CallKind, Failure, FailureKind, OutFile, Place
from bot.ports import Adapter, CallFigures, Meter, NewId, Reconciles, offers

log = structlog.get_logger(__name__)

_STATUS_AGAIN = 100.0
"""Seconds after which a status is shown again; Slack takes it away after two minutes."""
_CALL_TIMEOUT = 60.0
"""Seconds after which a call counts as lost; an adapter's own timeouts should come first."""


class Showing:
    """A reply as it grows on its platform. What changes it never waits and never fails.

    Opened by `Pump.open`; everything that is sent goes through the schedule, one call at a time.
    """

    def __init__(
        self,
        adapter: Adapter,
        place: Place,
        turn_id: str,
        asker: str,
        post_log: PostLog,
        new_key: NewId,
        schedule: Schedule,
        meter: Meter,
        where: Where,
    ) -> None:
        self._courier = Courier(adapter, place, turn_id, asker, post_log, where)
        self._adapter = adapter
        self._place = place
        self._turn_id = turn_id
        self._log = post_log
        self._meter = meter
        self._loop = asyncio.get_running_loop()
        can = adapter.capabilities
        self._reply = Reply(can.text_limit, adapter.render, later=can.later_limit, asker=asker or None)
        self._changed = False  # there may be something to send
        self._calling = False
        self._sight = Sight(self._loop.time)
        self._share = schedule.join(place, self)
        self._backoff = Backoff(self._loop, self._share.wake)
        self._parts = Parts(adapter, place, self._reply, self._share, new_key)
        self._awaited: CallKind | None = None  # the kind of call that was last asked for

    def answers(self, message_id: str, *, askers: bool) -> None:
        """The message in the same place that is answered, the asker's own or not; before anything is shown."""
        self._reply.answers, self._reply.answers_asker = message_id, askers

    def summon(self) -> None:
        """Let it begin by naming the asker, so that they are notified; before anything is shown."""
        self._reply.summons = True

    def resume(self, posts: Sequence[Post], key: str | None, text: str) -> None:
        """Go on from what is there: messages, and keys that may have become some; `key` is stored but unused."""
        unsure = self._parts.take_over(posts, key)
        self._courier.in_doubt = unsure and not offers(self._adapter, Reconciles)
        if text:
            self._reply.push(text)
            self._parts.written = True
            self._sight.see_text()

    # --- what the turn does ----------------------------------------------------------------------

    @property
    def visible_since(self) -> float | None:
        """When people first saw text of this reply, in the loop's time; None while they have not."""
        return self._sight.visible_since

    @property
    def visible(self) -> bool:
        """Whether the platform has accepted any text of this reply."""
        return self._sight.visible_since is not None

    @property
    def shown(self) -> bool:
        """Whether the platform has any message of this reply, be it only a status."""
        return self._parts.shown

    @property
    def lost(self) -> bool:
        """Whether the platform did not take all of it; after it has settled."""
        return self._parts.lost

    @property
    def may_stand_twice(self) -> bool:
        """Whether the platform may show an earlier form of a message, too, and cannot tell us of it."""
        return self._courier.in_doubt

    def push(self, text: str) -> None:
        """Add to the answer."""
        self._reply.push(text)
        self._sight.changes += 1
        self._parts.written = self._parts.written or not text.isspace()
        if not self._changed or (self._awaited is CallKind.STATUS and self._parts.written):
            self._touch()

    def quiet_for(self) -> float:
        """For how many seconds at least nothing that is added now would be shown; 0 where it may be at once."""
        if not self.visible or self._reply.ended:
            return 0.0
        now = self._loop.time()
        return self._share.opens_at(self._parts.kind(), now, self.age(now)) - now

    def set_status(self, status: str | None) -> None:
        """Change the short line under the text."""
        if status != self._reply.status and not self._reply.ended:
            self._reply.status = status
            self._touch()

    def set_actions(self, actions: tuple[Action, ...]) -> None:
        """Change the buttons under the answer; they appear with the next text or status."""
        if not self._reply.ended:
            self._reply.actions = actions

    def finish(
        self, status: str | None = None, actions: tuple[Action, ...] = (), files: tuple[OutFile, ...] = ()
    ) -> tuple[str, ...]:
        """End the answer: the final markdown of each message. Nothing is sent any more until `settle`.

        An answer that outgrew its messages ends in a note, and carries the whole text as a file.
        """
        return self._reply.finish(status, actions, files)

    def restate(self, status: str | None) -> None:
        """Say this under the end instead; for between `finish` and `settle`."""
        self._reply.status = status

    async def settle(self) -> Mapping[str, Outcome]:
        """Show the end. Returns when every message is confirmed, gone or refused, and that is stored.

        What became of each message, by its key. Raises `StoreError`; people then see the end all the same.
        """
        self._parts.settling = True
        self._backoff.end()
        self._touch()
        if not self._calling:
            self._advance()
        await self._parts.complete.wait()
        self._share.leave(self)
        self._parts.streaming.count(Grows.NOT)
        outcomes = self._parts.outcomes
        await self._log.settled(self._turn_id, outcomes, self._parts.receipts)
        return outcomes

    async def abandon(self) -> Mapping[str, Outcome]:
        """Take away whatever is shown; otherwise like `settle`."""
        self._parts.abandoned = True
        self._reply.finish()
        return await self.settle()

    @property
    def is_settling(self) -> bool:
        """Whether the end is being shown at this moment."""
        return self._parts.settling and not self._parts.complete.is_set()

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be said in this reply."""
        return self._reply.ended

    async def done(self) -> None:
        """Returns when nothing of this reply is left to be sent."""
        await self._parts.complete.wait()

    # --- what the schedule asks ------------------------------------------------------------------

    def urgency(self, kind: CallKind | None) -> Urgency | None:
        """How urgent the next call is; None while there is none of this kind to make."""
        if self._calling or not self._changed or self._backoff.lasts:
            return None
        if kind is not None and kind is not self._parts.kind():
            return None
        if self._reply.ended:
            return Urgency.FINAL if self._parts.settling else None
        return Urgency.REFRESH if self.visible else Urgency.FIRST

    @property
    def since(self) -> float:
        """Since when something is unseen."""
        return self._sight.unseen_since or 0.0

    def age(self, now: float) -> float:
        """For how many seconds people have been seeing text of this reply."""
        return self._sight.age(now)

    def next_call(self, kind: CallKind | None) -> Coroutine[None, None, Report] | None:
        """The call to make now; None when there is nothing of this kind to do after all."""
        self._changed = False
        self._parts.divide_old_stream()
        self._reply.refresh()
        job = self._parts.choose()
        if job is None:
            return None
        if kind is not None and kind is not self._parts.kind():
            self._touch()  # it turned out to be another, whose lane has to be asked
            return None
        self._calling = True
        self._parts.count_begun(job)
        return self._make(job, self._sight.take_unseen())

    # --- choosing --------------------------------------------------------------------------------

    def _touch(self) -> None:
        self._changed = True
        self._sight.miss()
        self._awaited = self._parts.kind() if self._share.by_kind else None
        self._share.wake()

    def _advance(self) -> None:
        """See whether more is to be sent, and if the end is reached, say so."""
        if self._reply.ended:
            self._changed = self._parts.settling and self._parts.choose() is not None
        else:
            self._changed = self._changed or self._parts.more

    # --- calling ---------------------------------------------------------------------------------

    async def _make(self, job: Job, unseen: float | None) -> Report:
        try:
            async with asyncio.timeout(_CALL_TIMEOUT):
                made = await self._courier.carry_out(
                    job, ends=self._parts.settling and job.n == len(self._reply) - 1
                )
            if made:
                self._seen(job)
            ended = job.verb is CallKind.STOP and not job.want.final  # what it could not show is edited in
            self._changed = self._changed or not made or ended
            self._backoff.forget()
            report = Report(made=made)
            self._count(job, "made" if made else "unneeded", unseen)
        except Exception as error:  # noqa: BLE001 - whatever a platform or the disk does, the reply goes on
            failure = self._failed(error, job)
            report = Report(failure)
            self._count(job, failure.kind.value, None)
            self._sight.unseen_since = unseen
            self._changed = True
        finally:
            self._calling = False
        self._advance()
        if self._changed:
            self._share.wake()
        return report

    def _seen(self, job: Job) -> None:
        """Note what people see by a call that went well."""
        if job.verb is CallKind.STATUS:
            self._parts.status_shown = job.want.status
            self._loop.call_later(_STATUS_AGAIN, self._show_status_again)
            return
        if job.text if job.verb is CallKind.START else job.want.text:
            self._sight.see_text()
        if job.verb is CallKind.START:
            self._loop.call_later(self._parts.streaming.seconds + GRACE, self._touch_stream)
        if self.shown and not self._parts.complete.is_set():
            self._parts.streaming.count(Grows.STREAMING if job.message.streams else Grows.EDITING)

    def _show_status_again(self) -> None:
        if self._parts.forget_status():
            self._touch()

    def _touch_stream(self) -> None:
        if not self._reply.ended and self._parts.last_stream_is_open():
            self._touch()

    def _count(self, job: Job, result: str, unseen: float | None) -> None:
        """Tell the meter of a call; `unseen` is since when people had not seen what it shows."""
        age, saved = self._sight.see(unseen) if result == "made" else (None, 0)
        self._meter.call(CallFigures(self._adapter.platform, job.verb.value, result, age, saved))

    # --- failing ---------------------------------------------------------------------------------

    def _failed(self, error: Exception, job: Job) -> Failure:
        failure = _meaning(error)
        told = {"verb": job.verb.value, "kind": failure.kind.value, "error": type(error).__name__}
        log.warning("call refused", place=self._place.key, turn=self._turn_id, **told)
        goes_on = self._parts.goes_on_without(job, failure.kind)
        if failure.kind == FailureKind.TRANSIENT and job.verb is not CallKind.STATUS:
            self._backoff.begin()
        elif not goes_on:
            self._parts.refuse(job, failure.kind)
        return failure


def _meaning(error: Exception) -> Failure:
    if isinstance(error, PlatformError):
        return error.failure
    passing = isinstance(error, TimeoutError | StoreError)  # the call's own time, or the log of what is posted
    return Failure(FailureKind.TRANSIENT if passing else FailureKind.INVALID)
