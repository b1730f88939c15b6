"""One turn: from its messages to its settled answer, whatever comes between."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from enum import Enum

import structlog

from bot.conversation import words
from bot.conversation.below import Below
from bot.conversation.choices import shows_thoughts
from bot.conversation.concessions import Plan, next_plan
from bot.conversation.consent import Consent
from bot.conversation.drawings import Drawings
from bot.conversation.endings import Ending, broken, buttons, stopped, too_many_steps, unaffordable, whole
from bot.conversation.figures import figures_of, log_line
from bot.conversation.gather import earlier_messages, read_files
from bot.conversation.history import Cut, Room, half, plan_cut
from bot.conversation.picturing import picture_request
from bot.conversation.ports import Ports
from bot.conversation.prompt import unseen
from bot.conversation.request import build_request
from bot.conversation.telling import Telling
from bot.conversation.toolbox import Seen, Toolbox, misunderstood
from bot.delivery.pump import Showing
from bot.errors import BudgetReached, GatewayError, PartNotSupported
from bot.messages import (
    Ability,
    Account,
    Action,
    ActionName,
    ChatRequest,
    Delta,
    Finish,
    Item,
    PictureRequest,
    PictureWish,
    Refusal,
    Rendered,
    Reservation,
    Role,
    ToolCall,
    TurnKind,
    Usage,
)
from bot.ports import Adapter
from bot.store.intents.calls import begin_calls
from bot.store.intents.history import cut
from bot.store.intents.turns import Claim, finish, restart

log = structlog.get_logger(__name__)

MOST_BAD_ROUNDS = 2
"""Rounds whose calls made no sense, after which no more are allowed in an answer."""

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
        self._adapter = adapter
        self._claim = claim
        self.reply = reply
        self._items: tuple[Item, ...] = claim.items
        self._cut = Cut(claim.cut_seq, claim.media_seq)
        self._drawings = Drawings(ports, claim.made)
        self._telling = Telling(reply, self._drawings, claim.said, aloud=shows_thoughts(claim.chosen))
        self._plan = Plan(claim.turn.model or ports.default_model)
        self._below = Below()
        self._bad_rounds = 0
        self._told: tuple[str, ...] = ()
        self._used: list[Usage] = []
        self._called = False
        self._seeded = False
        self._begun = asyncio.get_running_loop().time()
        self._verdict: Verdict | None = None
        self._joining: str | None = None
        self._work: asyncio.Task[Ending] | None = None
        self._set_aside(claim)
        self.consent = Consent(ports, adapter, claim.turn, reply)
        reply.set_actions((Action(ActionName.STOP, claim.turn.id),))

    @property
    def claim(self) -> Claim:
        """The turn as it was claimed, or claimed again."""
        return self._claim

    def may_restart(self, person_id: str) -> bool:
        """Whether this person's next message can still become part of the question."""
        young = asyncio.get_running_loop().time() - self._begun < RESTART_WINDOW
        alone = all(speaker.id == person_id for speaker in self._claim.speakers)
        asks = self._claim.turn.kind is not TurnKind.IMAGINE
        return asks and young and alone and self.may_change()

    def may_change(self) -> bool:
        """Whether nothing of the answer was said, visible or on its way, and nothing was done for it yet."""
        fresh = not self._telling.said and not self._called
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

    async def _until_ended(self) -> Ending:
        while True:
            self._work = asyncio.ensure_future(self._answer())
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

    def _set_aside(self, claim: Claim) -> None:
        """Hold what was set aside for the first request, and what is to be said about it."""
        self._reservation = claim.reservation
        self._told += self._ports.ledger.notices(claim.reservation)

    def give_back(self) -> None:
        """What was set aside and not used is free again."""
        self._ports.ledger.give_back(self._reservation)
        self._reservation = None

    def _paid(self, account: Account) -> Account:
        """The account with what was set aside for its first request, which may be used once."""
        held = self._reservation if isinstance(self._reservation, Reservation) else None
        self._reservation = None
        return replace(account, reservation=held)

    async def _begin_again(self) -> None:
        ports = self._ports
        self.give_back()
        claim = await ports.store.write(restart, self._claim.turn.id, self._joining, ports.ledger.purse())
        if claim is None:
            self._verdict = Verdict.WITHDRAW
            return
        log.info("turn restarted", place=claim.turn.place.key, turn=claim.turn.id)
        self._claim, self._items = claim, claim.items
        self._telling.end_round()
        self._set_aside(claim)
        self._cut = Cut(claim.cut_seq, claim.media_seq)
        if self._verdict is Verdict.RESTART:
            self._verdict = None

    async def _answer(self) -> Ending:
        if isinstance(self._reservation, Refusal):
            return unaffordable(self._ports.ledger.refusal(self._reservation), said=self._telling.said)
        try:
            await self._gather()
            self._add_results(await self._toolbox.close_open_calls(self._seen))
            self._repeat_wish()
            return await self._rounds()
        except GatewayError as error:
            return broken(error, self.reference, said=self._telling.said)
        except BudgetReached as error:
            return unaffordable(error, said=self._telling.said)

    def _repeat_wish(self) -> None:
        """A command was typed where nobody saw it: what is to be drawn stands above the picture."""
        if self._claim.turn.kind is TurnKind.IMAGINE:
            self._telling.head(words.heading(PictureWish.read(self._subject).prompt))

    @property
    def _toolbox(self) -> Toolbox:
        """The tools, for the turn as it is claimed now."""
        return Toolbox(self._ports, self._adapter, self._claim, self.consent, self.reply.set_status)

    @property
    def _seen(self) -> Seen:
        return Seen(self._items, cut_off=self._cut.seq > self._claim.start_seq)

    def _add_results(self, results: Sequence[Item]) -> None:
        self._items = (*self._items, *results)
        self._drawings.add(reading for item in results for reading in item.files)

    @property
    def reference(self) -> str:
        """What people are shown and the log can be searched for."""
        return self._claim.turn.id[:8]

    async def _gather(self) -> None:
        claim, ports = self._claim, self._ports
        earlier = await earlier_messages(ports, self._adapter, claim)
        self._seeded = earlier.read and not claim.seeded
        self._items = await read_files(
            ports,
            self._adapter,
            claim.turn.conversation,
            (*earlier.notes, *self._items),
            lambda names: self.reply.set_status(words.reading(names) if names else None),
        )
        self.reply.set_status(None)
        room = Room.of(ports.gateway.model(self._plan.model), ports.limits.answer_tokens)
        await self._cut_at(plan_cut(self._items, room, self._cut, claim.turn.id))

    async def _cut_at(self, planned: Cut) -> bool:
        """Let the model see the history from there on, now and later; whether that makes it shorter."""
        if planned == self._cut:
            return False
        self._cut = planned
        self._items = tuple(item for item in self._items if item.seq >= planned.seq)
        conversation = self._claim.turn.conversation
        await self._ports.store.write(cut, conversation, planned.seq, planned.media_seq)
        return True

    async def _rounds(self) -> Ending:
        for _ in range(self._ports.limits.rounds):
            done = await self._ask()
            if not done.tool_calls:
                return whole(done, self.reference, said=self._telling.said)
            await self._use_tools(done)
        return too_many_steps(self._ports.limits.rounds)

    async def _ask(self) -> Finish:
        """One round: a request, and where it failed for a reason that another would not have, that one."""
        wished = await picture_request(self._ports, self._claim, self._items)
        if wished is not None:
            return await self._hear(wished)
        while True:
            offered = [tool.spec for tool in self._toolbox.offered()]
            seen = self._items, self._cut.media_seq
            request = await build_request(self._ports, self._claim, *seen, offered, self._plan)
            try:
                done = await self._hear(request)
            except GatewayError as error:
                if not await self._concede(error, request):
                    raise
            else:
                self._below.take(request, done)
                return done

    async def _concede(self, error: GatewayError, request: ChatRequest) -> bool:
        """Ask otherwise from here on; whether there is a way left."""
        ports, turn = self._ports, self._claim.turn
        if isinstance(error, PartNotSupported) and error.about in list(Ability):
            ports.gateway.learned(request.model, Ability(error.about))
        models = ports.fallbacks, ports.default_model
        plan = next_plan(error, request, self._plan, *models, ports.gateway.model)
        if plan is None:
            return False
        if plan.halved and not self._plan.halved and not await self._cut_at(half(self._items, self._cut, turn.id)):
            return False
        told = {"failure": type(error).__name__, "detail": str(error), "model": plan.model}
        log.warning("asking otherwise", place=turn.place.key, turn=turn.id, **told)
        if plan.model != self._plan.model:
            # Its thoughts are signed by the model that thought them, and no other takes them.
            self._items = tuple(replace(item, reasoning_details=()) for item in self._items)
        self._plan = plan
        return True

    async def _hear(self, request: ChatRequest | PictureRequest) -> Finish:
        """One request, what comes of it told as it comes."""
        draws = isinstance(request, PictureRequest) or self._claim.turn.kind is TurnKind.IMAGINE
        done = await self._telling.hear(self._asking(request), draws=draws, goes_on=self._rounds_before())
        self._used.append(done.usage or Usage())
        return done

    def _asking(self, request: ChatRequest | PictureRequest) -> AsyncGenerator[Delta, None]:
        gateway, account = self._ports.gateway, self._paid(request.account)
        if isinstance(request, PictureRequest):
            return gateway.draw(replace(request, account=account))
        return gateway.stream(replace(request, account=account))

    def _rounds_before(self) -> bool:
        """Whether this answer has text of an earlier round; text that is being continued goes on unbroken."""
        mine = (item for item in self._items if item.turn_id == self._claim.turn.id)
        return any(item.text for item in mine if item.role is Role.ASSISTANT)

    @property
    def _subject(self) -> str:
        """What was asked for, in the words of whoever asked last."""
        asked = (item.text for item in reversed(self._items) if item.role is Role.USER and item.message_id)
        return next(asked, "")

    async def _use_tools(self, done: Finish) -> None:
        """Record the calls, run them side by side, record each result as it comes."""
        self._called = True
        turn = self._claim.turn
        made = await self._drawings.keep(self._subject)
        said = Item(
            seq=0,
            role=Role.ASSISTANT,
            text=self._telling.words,
            turn_id=turn.id,
            files=made,
            tool_calls=self._unique(done.tool_calls),
            reasoning_details=done.reasoning_details if done.fell_back is None else (),
        )
        self._telling.end_round()  # it is in the store from here on, even if this turn is stopped meanwhile
        self._drawings.remembered()
        asked = await self._ports.store.write(begin_calls, turn.conversation, said, self._ports.clock())
        self.reply.set_status(words.using(call.name for call in said.tool_calls))
        seen, self._items = self._seen, (*self._items, *asked)
        results = await self._toolbox.run(said.tool_calls, seen)
        self._add_results(results)
        self._bad_rounds += misunderstood(results)
        if self._bad_rounds >= MOST_BAD_ROUNDS:
            self._plan = replace(self._plan, calls=False)
        self.reply.set_status(words.THINKING)

    def _unique(self, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        """The calls under ids that no other call of this turn has: models repeat themselves over rounds."""
        taken = {call.id for i in self._items if i.turn_id == self._claim.turn.id for call in i.tool_calls}
        unique = []
        for call in calls:
            fresh = call.id if call.id not in taken else f"{call.id}_{len(taken)}"
            taken.add(fresh)
            unique.append(replace(call, id=fresh))
        return tuple(unique)

    async def _end(self, ending: Ending) -> None:
        """Keep what was said, then show exactly that."""
        turn, ports = self._claim.turn, self._ports
        made = await self._drawings.keep(PictureWish.read(self._subject).prompt)
        if sources := self._below.sources(self._telling.written):
            self._telling.add(sources)
        model = ports.gateway.model(self._plan.model)
        about = (*self._plan.notices, *self._below.notices)
        notices = (*about, *unseen(self._items, model, turn.id), *self._drawings.notices)
        doubt = [words.TWICE] if self.reply.may_stand_twice else []
        status = words.with_notices(ending.status, [*notices, *doubt, *self._told])
        actions = buttons(ending, turn)
        self.reply.finish(status, actions, await self._drawings.files())
        last = self._telling.words
        answer = Item(seq=0, role=Role.ASSISTANT, text=last, turn_id=turn.id, files=made)
        said = [answer] if last or made else []
        final = Rendered(self._telling.written, status, actions, final=True)
        kept = await ports.store.write(
            finish,
            turn,
            ending.state,
            final,
            said,
            ports.clock(),
            error=type(ending.error).__name__ if ending.error else None,
            seeded=self._seeded,
        )
        await (self.reply.settle() if kept else self.reply.abandon())
        self._account(ending)  # last: a quick answer is first seen when it ends

    def _account(self, ending: Ending) -> None:
        """One line in the log, and the figures for whoever watches."""
        turn, now, visible = self._claim.turn, asyncio.get_running_loop().time(), self.reply.visible_since
        first_text = visible - self._begun if visible is not None else None
        figures = figures_of(turn, ending, self._used, now - self._begun, first_text)
        self._ports.meter.turn(figures)
        if ending.error is None:
            log.info("turn ended", **log_line(turn, figures))
        else:
            log.warning("turn ended", **log_line(turn, figures), detail=str(ending.error))
