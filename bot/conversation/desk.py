"""All conversations at work: who is woken, told, stopped, and picked up again after a crash."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from bot.conversation import words
from bot.conversation.fitting import misfits
from bot.conversation.opening import open_thread
from bot.conversation.ports import Ports
from bot.conversation.recaps import Recaps
from bot.conversation.replies import show_final
from bot.conversation.turn import TurnAtWork, Verdict
from bot.conversation.turnstile import Turnstile
from bot.conversation.waiting import Waiting
from bot.conversation.worker import Worker
from bot.messages import (
    Action,
    ActionName,
    Inbound,
    Person,
    PlaceKind,
    Rendered,
    Turn,
    TurnKind,
    TurnState,
    person_key,
)
from bot.ports import OpensThreads, offers
from bot.store.intents.claims import visible
from bot.store.intents.inbox import Accepted, Outcome, Target, accept_by_command, accept_message
from bot.store.intents.owed import want_stopped
from bot.store.intents.recovery import undelivered, unfinished
from bot.store.intents.speakers import speakers
from bot.store.intents.turns import accept_and_begin, cancel_waiting

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Desk:
    """Where turns are handed to their conversation's worker."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._recaps = Recaps(ports)
        self._turnstile = Turnstile(ports.limits.turns, ports.limits.turns_per_person)
        self._workers: dict[str, Worker] = {}
        self._beside: set[asyncio.Task[Any]] = set()
        self._closing = False

    @property
    def running(self) -> int:
        """How many turns are being answered."""
        return self._turnstile.running

    @property
    def waiting(self) -> int:
        """How many turns wait for others to end."""
        return self._turnstile.waiting

    async def take_in(self, inbound: Inbound, target: Target) -> Accepted:
        """Take a message in; returns after the COMMIT.

        Where nothing is under way and a place is free, its turn begins in the same commit. Raises StoreError.
        """
        ports, turn_id, now = self._ports, self._ports.new_id(), self._ports.clock()
        asker = person_key(target.place.platform, inbound.person)
        worker = self._reserve(inbound, target, asker)
        if worker is None:
            accepted = await ports.store.write(accept_message, inbound, target, turn_id, now)
            self.asked(accepted, inbound)
            return accepted
        claimed, fresh_key = None, ports.new_id()
        try:
            async with ports.ledger.purse() as purse:
                begun = (turn_id, fresh_key, ports.default_model, now, purse)
                accepted, claimed = await ports.store.write(accept_and_begin, inbound, target, *begun)
        finally:
            if claimed is None:
                worker.unreserve(asker)
        if claimed is None:
            self.asked(accepted, inbound)
        else:
            worker.begin(Waiting(turn_id, asker, target.place, resumed=True), claimed, fresh_key)
        return accepted

    async def take_in_by_command(
        self, asked: Inbound, target: Target, kind: TurnKind, model: str | None
    ) -> Accepted:
        """Take in what a command asks of this model, a turn of its own; returns after the COMMIT."""
        ports, turn_id, now = self._ports, self._ports.new_id(), self._ports.clock()
        accepted = await ports.store.write(accept_by_command, asked, target, kind, model, turn_id, now)
        if accepted.outcome is Outcome.ASKED and not self._closing:
            asker = person_key(target.place.platform, asked.person)
            self._worker(target.conversation).add(Waiting(turn_id, asker, target.place, question=asked))
        return accepted

    def _reserve(self, inbound: Inbound, target: Target, asker: str) -> Worker | None:
        """The worker of a conversation in which nothing is under way, with a place for this question.

        A reply may turn out to belong to another conversation than the place says, so it is taken in first.
        """
        settled = inbound.reply_to is None or inbound.place.kind is not PlaceKind.CHANNEL
        if not inbound.addressed or not settled or self._closing or target.conversation in self._workers:
            return None
        worker = self._worker(target.conversation)
        if worker.reserve(asker):
            return worker
        self._forget(target.conversation)
        return None

    def asked(self, accepted: Accepted, inbound: Inbound) -> None:
        """A question was taken in: join it to the one at work if it may still change, else put it in line."""
        if accepted.outcome is not Outcome.ASKED or not accepted.conversation or not accepted.turn_id:
            return
        place, person = accepted.place or inbound.place, inbound.person
        if self._closing:  # it is in the store; the next process begins with it
            return
        worker = self._worker(accepted.conversation)
        waiting = Waiting(accepted.turn_id, person_key(place.platform, person), place, question=inbound)
        work = worker.at_work
        if work is not None and not worker.waits(accepted.turn_id) and work.may_restart(person.id):
            worker.join(waiting)
            return
        worker.add(waiting)

    def open_thread(self, asked: Inbound, accepted: Accepted) -> None:
        """Where a question is answered in a thread of its own, open it, beside everything else."""
        place, turn_id = accepted.place, accepted.turn_id
        if place is None or turn_id is None or place.thread != asked.about or asked.place.thread is not None:
            return
        adapter = self._ports.adapters[place.platform]
        if offers(adapter, OpensThreads):
            self._ports.pump.opens(place, self._begin(open_thread(self._ports, adapter, asked, place, turn_id)))

    def changed(self, accepted: Accepted) -> None:
        """A question at work was edited, or one of several deleted: begin again if nothing is visible yet."""
        work = self._at_work(accepted)
        if work is not None and work.may_change():
            work.decide(Verdict.RESTART)

    async def withdrawn(self, accepted: Accepted) -> None:
        """The question is gone: so is its answer."""
        if (work := self._at_work(accepted)) is not None:
            work.decide(Verdict.WITHDRAW)
            return
        worker = self._workers.get(accepted.conversation or "")
        waiting = worker.drop(accepted.turn_id or "") if worker else None
        if worker is not None and waiting is not None:
            await worker.withdraw_waiting(waiting)

    def answer_deleted(self, accepted: Accepted) -> None:
        """Somebody took the answer away while it was written: nobody waits for the rest."""
        if (work := self._at_work(accepted)) is not None:
            work.decide(Verdict.STOP)

    async def stop(self, conversation: str) -> bool:
        """Stop the turn at work, else the next in line; what is written stays. False when there is none.

        Once this returns, a process that dies leaves it to the next one to stop it.
        """
        turn_id = self.next_turn(conversation)
        if turn_id is None or not await self._ports.store.write(want_stopped, turn_id, self.written(turn_id)):
            return False
        return await self.stop_turn(conversation, turn_id)

    def next_turn(self, conversation: str) -> str | None:
        """The turn at work there, or the next in line."""
        worker = self._workers.get(conversation)
        return worker.next_turn() if worker else None

    def written(self, turn_id: str) -> str:
        """What there is of an answer at work."""
        at_work = (worker.work_on(turn_id) for worker in self._workers.values())
        return next((work.written for work in at_work if work is not None), "")

    async def stop_turn(self, conversation: str, turn_id: str) -> bool:
        """Stop a turn of which the store knows that it is to be stopped. False when it has ended."""
        worker = self._workers.get(conversation)
        if worker is None:
            return False
        if (work := worker.work_on(turn_id)) is not None:
            work.decide(Verdict.STOP)
            return True
        waiting = worker.in_line(turn_id)
        if waiting is None:
            return False
        if not await self._stop_waiting(worker, waiting):
            worker.stop_begun(waiting)
        return True

    def decided(self, turn_id: str, mark: str, *, allowed: bool) -> None:
        """The asker has confirmed or declined a call of a tool, and the store knows it."""
        for worker in self._workers.values():
            if (work := worker.work_on(turn_id)) is not None:
                work.consent.decided(mark, allowed=allowed)

    async def _stop_waiting(self, worker: Worker, waiting: Waiting) -> bool:
        actions = (Action(ActionName.REGENERATE, waiting.turn_id),)
        final = Rendered("", words.STOPPED, actions, final=True)
        if not await self._ports.store.write(cancel_waiting, waiting.turn_id, final, self._ports.clock()):
            return False
        worker.drop(waiting.turn_id)
        await worker.stop_waiting(waiting, final)
        return True

    async def speakers_at_work(self, conversation: str) -> tuple[Person, ...]:
        """Whose question is being answered there, or comes next."""
        worker = self._workers.get(conversation)
        if worker is None:
            return ()
        if worker.at_work is not None:
            return worker.at_work.claim.speakers
        turn_id = worker.next_turn()
        return await self._ports.store.write(speakers, turn_id) if turn_id else ()

    async def misfits(self, conversation: str, model_id: str) -> tuple[str, ...]:
        """What of a conversation this model can't take, a sentence each; none where nothing is known of it."""
        model = self._ports.gateway.model(model_id)
        window = await self._ports.store.read(visible, conversation) if model is not None else None
        if model is None or window is None:
            return ()
        return tuple(misfits(window, model, self._ports.limits.answer_tokens))

    async def recover(self) -> None:
        """Pick up what a dead process left: answers to show, turns to try again, questions to begin."""
        left = await self._ports.store.read(unfinished)
        for one in left.undelivered:
            if one.turn.place.platform in self._ports.adapters:
                self._begin(show_final(self._ports, one))
        for turn in (*left.running, *left.waiting):
            self._resume(turn, left.asked.get(turn.id), stopping=turn.id in left.stopping)
        if left.undelivered or left.running or left.waiting:
            log.info(
                "picked up",
                undelivered=len(left.undelivered),
                running=len(left.running),
                waiting=len(left.waiting),
            )

    def _resume(self, turn: Turn, asked: Inbound | None, *, stopping: bool) -> None:
        if turn.place.platform in self._ports.adapters:
            resumed = turn.state is TurnState.RUNNING
            waiting = Waiting(turn.id, turn.asker, turn.place, resumed=resumed, stopping=stopping)
            self._worker(turn.conversation).add(waiting)
            if asked is not None:
                self.open_thread(asked, Accepted(Outcome.ASKED, turn.conversation, turn.id, place=turn.place))

    def _begin(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    async def show_ended(self, turn_id: str) -> None:
        """Show the final form of a turn that ended without being begun."""
        left = await self._ports.store.read(undelivered, turn_id)
        if left is not None and left.turn.place.platform in self._ports.adapters:
            self._begin(show_final(self._ports, left))

    async def close(self, drain: float) -> None:
        """Let answers end for `drain` seconds, then stop. What is unfinished goes on at the next start."""
        self._closing = True
        workers = list(self._workers.values())
        ends = [end for worker in workers if (end := worker.end_of_turn()) is not None]
        if ends and drain:
            await asyncio.wait(ends, timeout=drain)
        for task in self._beside:
            task.cancel()
        await self._recaps.close()
        await asyncio.gather(*self._beside, *(worker.close() for worker in workers), return_exceptions=True)

    def _worker(self, conversation: str) -> Worker:
        worker = self._workers.get(conversation)
        if worker is None:
            worker = Worker(conversation, self._ports, self._turnstile, self._forget, self._ended)
            self._workers[conversation] = worker
        return worker

    def _ended(self, work: TurnAtWork) -> None:
        if not self._closing:
            self._recaps.ended(work.claim, cut_off=work.cut_off)

    def _forget(self, conversation: str) -> None:
        self._workers.pop(conversation, None)

    def _at_work(self, accepted: Accepted) -> TurnAtWork | None:
        worker = self._workers.get(accepted.conversation or "")
        work = worker.at_work if worker else None
        return work if work is not None and work.claim.turn.id == accepted.turn_id else None
