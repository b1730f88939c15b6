"""One worker for each conversation with something to answer: made on demand, gone when idle.

Within a conversation turns run one after the other; conversations run side by side.
"""

import asyncio
from collections.abc import Callable

import structlog

from bot.conversation import words
from bot.conversation.ports import Ports
from bot.conversation.replies import point_at_question, reply_of
from bot.conversation.turn import TurnAtWork, Verdict
from bot.conversation.turnstile import Turnstile
from bot.conversation.unposted import show_end
from bot.conversation.waiting import Waiting
from bot.delivery.pump import Post, Showing
from bot.errors import GatepostError, StoreError
from bot.messages import Action, ActionName, Rendered, TurnState
from bot.store.intents.claims import Claim
from bot.store.intents.posts import first_post, settle_posts
from bot.store.intents.turns import claim, finish, hand_over, resume

log = structlog.get_logger(__name__)

HEARD_WITHIN = 0.7
"""Seconds after which somebody who has to wait is shown that they were heard."""

STORE_PAUSE = 5.0
"""Seconds until a turn is tried again that the store refused to begin or to end."""

MOST_ATTEMPTS = 2


class Worker:
    """Answers one conversation's turns in order. `idle` is told when there are no more, `ended` of each."""

    def __init__(
        self,
        conversation: str,
        ports: Ports,
        turnstile: Turnstile,
        idle: Callable[[str], None],
        ended: Callable[[TurnAtWork], None],
    ) -> None:
        self._conversation = conversation
        self._ports = ports
        self._turnstile = turnstile
        self._idle = idle
        self._ended = ended
        self._line: dict[str, Waiting] = {}
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._reserved = False
        self._trying: str | None = None
        self.at_work: TurnAtWork | None = None

    def add(self, waiting: Waiting) -> None:
        """Put a turn in line, once."""
        if waiting.turn_id in self._line or self.work_on(waiting.turn_id) is not None:
            return
        self._line[waiting.turn_id] = waiting
        if not waiting.resumed:
            loop = asyncio.get_running_loop()
            waiting.timer = loop.call_later(HEARD_WITHIN, self._begin_sign, waiting)
        self._start()

    def reserve(self, asker: str) -> bool:
        """Take a place at the turnstile for a question that is about to be taken in; False when none is free."""
        self._reserved = self._turnstile.try_enter(asker)
        return self._reserved

    def begin(self, waiting: Waiting, claimed: Claim, fresh_key: str) -> None:
        """Answer a turn that was begun in the commit that took it in, on the place reserved for it."""
        self._reserved = False
        self._line = {waiting.turn_id: waiting, **self._line}
        adapter = self._ports.adapters[claimed.turn.place.platform]
        reply = reply_of(self._ports, adapter, claimed, fresh_key)
        self.at_work = TurnAtWork(self._ports, adapter, claimed, reply)
        self._start()

    def unreserve(self, asker: str) -> None:
        """Give the place back: there was nothing to begin."""
        self._reserved = False
        self._turnstile.leave(asker)
        if self._line:
            self._start()
        else:
            self._idle(self._conversation)

    def _start(self) -> None:
        if self._task is None and not self._reserved:
            self._task = asyncio.create_task(self._run())

    def waits(self, turn_id: str) -> bool:
        """Whether this turn is in line and has not begun."""
        return turn_id in self._line

    def in_line(self, turn_id: str) -> Waiting | None:
        """The turn of this id, if it is in line."""
        return self._line.get(turn_id)

    def next_turn(self) -> str | None:
        """The turn at work, or the first in line."""
        return self.at_work.claim.turn.id if self.at_work is not None else next(iter(self._line), None)

    def work_on(self, turn_id: str) -> TurnAtWork | None:
        """The turn at work, if it is this one."""
        return self.at_work if self.at_work is not None and self.at_work.claim.turn.id == turn_id else None

    def stop_begun(self, waiting: Waiting) -> None:
        """Stop a turn that has begun in the store and is just beginning here."""
        waiting.stopping = True
        if (work := self.work_on(waiting.turn_id)) is not None:
            work.decide(Verdict.STOP)

    def drop(self, turn_id: str) -> Waiting | None:
        """Take a turn out of the line; it was cancelled, or became part of another."""
        return self._line.pop(turn_id, None)

    def end_of_turn(self) -> "asyncio.Future[None] | None":
        """Done when the turn at work has ended, without stopping it; no further turn is begun."""
        self._closing = True
        return asyncio.shield(self._task) if self._task is not None and self.at_work is not None else None

    async def close(self) -> None:
        """Stop. An orderly end is no failed attempt: the next process tries the turn as if for the first time."""
        trying = self._trying
        for waiting in self._line.values():
            waiting.begin()
        signs = [waiting.sign for waiting in self._line.values()]
        tasks = [task for task in (self._task, *signs) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.at_work is not None:  # it was claimed, and never began
            self.at_work.give_back()
        if trying is not None:
            await self._ports.store.write(hand_over, trying)

    async def _run(self) -> None:
        while self._line and not self._closing:
            waiting = next(iter(self._line.values()))
            if self.at_work is None:  # else it was begun when it was taken in, and has its place
                await self._turnstile.enter(waiting.asker)
            done, self._trying = False, waiting.turn_id
            try:
                done = await self._try(waiting)
            finally:
                self.at_work = self._trying = None
                self._turnstile.leave(waiting.asker)
            if done:
                self._line.pop(waiting.turn_id, None)
            else:
                await asyncio.sleep(STORE_PAUSE)
        self._task = None
        self._idle(self._conversation)

    async def _try(self, waiting: Waiting) -> bool:
        """Answer a turn if it is still in line; False when the store refused and it has to be tried again."""
        try:
            if self.waits(waiting.turn_id):
                await self._one(waiting)
        except StoreError as error:
            log.warning("turn put off", turn=waiting.turn_id, error=type(error).__name__, detail=str(error))
            return False
        except Exception:
            log.exception("turn broke", conversation=self._conversation, turn=waiting.turn_id)
        return True

    async def _one(self, waiting: Waiting) -> None:
        """Claim the turn, unless that is done, and answer it."""
        self.at_work = self.at_work or await self._begin(waiting)
        if self.at_work is None:
            return
        try:
            await self.at_work.run()
            self._ended(self.at_work)
        except Exception as error:  # noqa: BLE001 - the edge: whatever broke, the person gets an answer
            await self._fail(self.at_work.claim, self.at_work.reply, error)

    async def _begin(self, waiting: Waiting) -> TurnAtWork | None:
        """The turn at work; None when it waits no more, or was given up."""
        fresh_key = self._ports.new_id()
        claimed = await self._claim(waiting, fresh_key)
        reply = await self._take_sign(waiting)
        waiting.resumed = True
        if claimed is None:
            if reply is not None:
                await reply.abandon()
            return None
        adapter = self._ports.adapters[claimed.turn.place.platform]
        reply = reply or reply_of(self._ports, adapter, claimed, fresh_key)
        if claimed.turn.attempt > MOST_ATTEMPTS and not waiting.stopping:
            await self._give_up(claimed, reply)
            return None
        work = TurnAtWork(self._ports, adapter, claimed, reply)
        if waiting.stopping:
            work.decide(Verdict.STOP)
        return work

    async def _claim(self, waiting: Waiting, post_key: str) -> Claim | None:
        ports = self._ports
        async with ports.ledger.purse() as purse:
            if waiting.resumed:
                return await ports.store.write(resume, waiting.turn_id, purse)
            who, model, now = (waiting.place, waiting.asker), ports.default_model, ports.clock()
            return await ports.store.write(claim, waiting.turn_id, *who, post_key, model, now, purse)

    async def _give_up(self, claimed: Claim, reply: Showing) -> None:
        """Two attempts ended with the process: whatever the reason, a third is not made."""
        turn = claimed.turn
        log.error("turn given up", place=turn.place.key, turn=turn.id, attempt=turn.attempt)
        self._ports.ledger.give_back(claimed.reservation)
        await self._end(claimed, reply, words.gave_up(turn.reference), "GaveUp")

    async def _fail(self, claimed: Claim, reply: Showing, error: Exception) -> None:
        turn = claimed.turn
        log.exception("turn failed", place=turn.place.key, turn=turn.id, error=type(error).__name__)
        known = error if isinstance(error, GatepostError) else GatepostError(str(error))
        await self._end(claimed, reply, words.failed(known, turn.reference), type(error).__name__)

    async def _end(self, claimed: Claim, reply: Showing, status: str, error: str) -> None:
        turn = claimed.turn
        actions = (Action(ActionName.REGENERATE, turn.id),)
        reply.finish(status, actions)
        final = Rendered(claimed.said, status, actions, final=True)
        await self._ports.store.write(finish, turn, TurnState.FAILED, final, (), self._ports.clock(), error=error)
        await show_end(reply, self._ports.adapters[turn.place.platform], turn, final, claimed.handle)

    def _begin_sign(self, waiting: Waiting) -> None:
        waiting.sign = asyncio.create_task(self._show_waiting(waiting))

    async def _show_waiting(self, waiting: Waiting) -> Showing:
        """The message that will hold the answer, saying that the question was heard."""
        ports = self._ports
        fresh = ports.new_id()
        row = await ports.store.write(first_post, fresh, waiting.turn_id, waiting.place)
        adapter = ports.adapters[waiting.place.platform]
        asker = waiting.asker.partition(":")[2]
        if row.key == fresh:
            reply = ports.pump.open(adapter, waiting.place, waiting.turn_id, asker=asker, key=fresh)
        else:
            post = Post(row.key, waiting.turn_id, row.n, row.message_id)
            reply = ports.pump.open(adapter, waiting.place, waiting.turn_id, asker=asker, posts=(post,))
        if waiting.question is not None:
            point_at_question(reply, (waiting.question,))
        reply.set_actions((Action(ActionName.STOP, waiting.turn_id),))
        reply.set_status(words.NEXT if self.at_work is not None else words.WAITING)
        return reply

    async def _take_sign(self, waiting: Waiting) -> Showing | None:
        waiting.begin()
        sign, waiting.sign = waiting.sign, None
        return await sign if sign is not None else None

    async def stop_waiting(self, waiting: Waiting, final: Rendered) -> None:
        """Show that a turn in line was stopped before it began, where anything of it is seen."""
        reply = await self._take_sign(waiting)
        if reply is None:
            await self._ports.store.write(settle_posts, waiting.turn_id, {}, {})
            return
        reply.finish(final.status, final.actions)
        await reply.settle()

    async def withdraw_waiting(self, waiting: Waiting) -> None:
        """Take away the sign of a turn whose question is gone."""
        reply = await self._take_sign(waiting)
        if reply is not None:
            await reply.abandon()

    def join(self, waiting: Waiting) -> None:
        """Let the turn at work take this one in. Should it end first, this one is next in line."""
        self._line[waiting.turn_id] = waiting
        if self.at_work is not None:
            self.at_work.decide(Verdict.RESTART, waiting.turn_id)
