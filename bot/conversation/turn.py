"""One turn: from its messages to its settled answer, whatever is decided over it meanwhile."""

import asyncio
from dataclasses import replace
from enum import Enum

import structlog

from bot.commands.spelling import spelled
from bot.conversation import words
from bot.conversation.answer import Answer
from bot.conversation.consent import Consent
from bot.conversation.endings import Ending, buttons, stopped
from bot.conversation.figures import figures_of, log_line
from bot.conversation.ports import Ports
from bot.conversation.unposted import show_end
from bot.delivery.pump import Showing
from bot.errors import BudgetReached
from bot.messages import Action, ActionName, OutFile, Rendered, TurnKind
from bot.ports import Adapter
from bot.store.intents.claims import Claim
from bot.store.intents.nearing import Ended
from bot.store.intents.turns import finish, restart

log = structlog.get_logger(__name__)

RESTART_WINDOW = 10.0
"""Seconds in which the same person's next message still becomes part of the question."""

MOST_RESTARTS = 2


class Verdict(Enum):
    """What is decided over a turn from outside, while it is at work."""

    STOP = "stop"
    RESTART = "restart"
    WITHDRAW = "withdraw"


class TurnAtWork:
    """A claimed turn being answered. `decide` may be called at any moment, from the same loop."""

    def __init__(self, ports: Ports, adapter: Adapter, claim: Claim, reply: Showing) -> None:
        self._ports = ports
        self._claim = claim
        self._answer = Answer(ports, adapter, claim, reply)
        self._begun = asyncio.get_running_loop().time()
        self._verdict: Verdict | None = None
        self._joining: str | None = None
        self._work: asyncio.Task[Ending] | None = None
        self.reply = reply
        reply.set_actions((Action(ActionName.STOP, claim.turn.id),))

    @property
    def claim(self) -> Claim:
        """The turn as it was claimed, or claimed again."""
        return self._claim

    @property
    def written(self) -> str:
        """What there is of the answer so far."""
        return self._answer.written

    @property
    def cut_off(self) -> bool:
        """Whether the model was not shown the conversation from its beginning."""
        return self._answer.cut_off

    @property
    def consent(self) -> Consent:
        """What the asker is asked about the calls of this turn."""
        return self._answer.consent

    def may_restart(self, person_id: str) -> bool:
        """Whether this person's next message can still become part of the question."""
        young = asyncio.get_running_loop().time() - self._begun < RESTART_WINDOW
        alone = all(speaker.id == person_id for speaker in self._claim.speakers)
        asks = self._claim.turn.kind not in (TurnKind.IMAGINE, TurnKind.SUMMARY)
        return asks and young and alone and self.may_change()

    def may_change(self) -> bool:
        """Whether nothing of the answer was said, visible or on its way, and nothing was done for it yet."""
        fresh = not self._answer.said and not self._answer.called
        return fresh and self._verdict is None and self._claim.turn.restarts < MOST_RESTARTS

    def decide(self, verdict: Verdict, joining: str | None = None) -> None:
        """Stop, restart or withdraw it. The first word counts; a stop overrules a restart, a withdrawal all."""
        stops = verdict is Verdict.STOP and self._verdict is Verdict.RESTART
        if self._verdict is None or stops or verdict is Verdict.WITHDRAW:
            self._verdict = verdict
            self._joining = joining
            if self._work is not None:
                self._work.cancel()

    async def run(self) -> None:
        """Answer, end and show the turn. Returns when every part of the answer is where it belongs."""
        try:
            ending = await self._until_ended()
        finally:
            self.give_back()
        if self._verdict is Verdict.WITHDRAW:
            await self.reply.abandon()
            return
        await self._end(ending)

    def give_back(self) -> None:
        """What was set aside for it and not used is free again."""
        self._answer.give_back()

    async def _until_ended(self) -> Ending:
        while True:
            self._work = asyncio.ensure_future(self._answer.make())
            if self._verdict is not None:
                self._work.cancel()
            try:
                return await self._work
            except asyncio.CancelledError:
                if self._verdict is None:
                    raise
            if self._verdict is not Verdict.RESTART:
                return stopped()
            await self._begin_again()

    async def _begin_again(self) -> None:
        ports = self._ports
        self.give_back()
        async with ports.ledger.purse() as purse:
            claim = await ports.store.write(restart, self._claim.turn.id, ports.clock(), self._joining, purse)
        if claim is None:
            self._verdict = Verdict.WITHDRAW
            return
        log.info("turn restarted", place=claim.turn.place.key, turn=claim.turn.id)
        self._claim = claim
        self._answer.begin_again(claim)
        if self._verdict is Verdict.RESTART:
            self._verdict = None

    async def _end(self, ending: Ending) -> None:
        """Keep what was said, then show exactly that."""
        turn, ports = self._claim.turn, self._ports
        said = await self._answer.close()
        how = ports.adapters[turn.place.platform].capabilities
        told = words.with_notices(ending.status, self._answer.facts, self._answer.warnings)
        status = spelled(told, turn.place, how) if told is not None else None
        actions = buttons(ending, turn)
        files = await self._answer.files()
        self.reply.finish(status, actions, files)
        final = Rendered(self._answer.written, status, actions, final=True)
        refused = isinstance(ending.error, BudgetReached)  # which says by itself how the limit stands
        ended = await ports.store.write(
            finish,
            turn,
            ending.state,
            final,
            said,
            ports.clock(),
            error=type(ending.error).__name__ if ending.error else None,
            seeded=self._answer.seeded,
            watch=None if refused else ports.ledger.watch(turn.asker),
        )
        await self._show(ended, files)
        self._account(ending)  # last: a quick answer is first seen when it ends

    async def _show(self, ended: Ended | None, files: tuple[OutFile, ...]) -> None:
        """Show the end as it is kept; of a turn that had ended already nothing stays."""
        if ended is None:
            await self.reply.abandon()
            return
        self._ports.ledger.warn(ended.near)
        self.reply.restate(ended.final.status)
        turn, handle = self._claim.turn, self._claim.handle
        adapter, final = self._ports.adapters[turn.place.platform], replace(ended.final, files=files)
        await show_end(self.reply, adapter, turn, final, handle)

    def _account(self, ending: Ending) -> None:
        """One line in the log, and the figures for whoever watches."""
        turn, now, visible = self._claim.turn, asyncio.get_running_loop().time(), self.reply.visible_since
        first_text = visible - self._begun if visible is not None else None
        figures = figures_of(turn, ending, self._answer.used, now - self._begun, first_text)
        self._ports.meter.turn(figures)
        if ending.error is None:
            log.info("turn ended", **log_line(turn, figures))
        else:
            log.warning("turn ended", **log_line(turn, figures), detail=str(ending.error))
