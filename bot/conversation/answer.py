"""One answer: the model is asked, its tools are used, and it is asked again until it has said all."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import structlog

from bot.conversation import words
from bot.conversation.aside import SetAside
from bot.conversation.below import Below
from bot.conversation.choices import shows_thoughts
from bot.conversation.concessions import Plan, next_plan
from bot.conversation.consent import Consent
from bot.conversation.drawings import Drawings
from bot.conversation.endings import Ending, broken, too_many_steps, unaffordable, whole
from bot.conversation.picturing import picture_request
from bot.conversation.ports import Ports
from bot.conversation.prompt import unseen
from bot.conversation.request import build_request
from bot.conversation.summing import summarised
from bot.conversation.telling import Telling
from bot.conversation.toolbox import Toolbox, misunderstood
from bot.conversation.trust import named_in
from bot.conversation.window import Window
from bot.delivery.pump import Showing
from bot.errors import BudgetReached, GatewayError, ModelUnknown, PartNotSupported
from bot.messages import (
    Ability,
    ChatRequest,
    Delta,
    Finish,
    Item,
    OutFile,
    PictureRequest,
    PictureWish,
    Reading,
    Role,
    TurnKind,
    Usage,
    person_key,
)
from bot.ports import Adapter
from bot.store.intents.calls import begin_calls
from bot.store.intents.claims import Claim
from bot.store.intents.settings import MODEL, take_back

log = structlog.get_logger(__name__)

MOST_BAD_ROUNDS = 2
"""Rounds whose calls made no sense, after which no more are allowed in an answer."""


class Answer:
    """What is said in one turn, over all its rounds. It may be made again, from the start, for another claim."""

    def __init__(self, ports: Ports, adapter: Adapter, claim: Claim, reply: Showing) -> None:
        self._ports = ports
        self._adapter = adapter
        self._claim = claim
        self._reply = reply
        self._window = Window(ports, claim)
        self._drawings = Drawings(ports, claim.made)
        self._telling = Telling(
            reply, self._drawings, claim.said, claim.unkept, aloud=shows_thoughts(claim.chosen)
        )
        self._plan = Plan(claim.turn.model or ports.default_model)
        self._below = Below()
        self._bad_rounds = 0
        self._aside = SetAside(ports.ledger)
        self._aside.hold(claim.reservation)
        self.consent = Consent(ports, adapter, claim.turn, reply)
        self._told_alone: set[str] = set()
        self.used: list[Usage] = []
        """What each request took, as the gateway counts."""
        self.called = False
        """Whether a tool was called, which may have changed something."""

    @property
    def said(self) -> bool:
        """Whether there is anything of it for people to see."""
        return self._telling.said

    @property
    def written(self) -> str:
        """All of it so far, as people read it."""
        return self._telling.written

    @property
    def seeded(self) -> bool:
        """Whether the place's earlier messages were read for it, which they never were before."""
        return self._window.seeded

    @property
    def cut_off(self) -> bool:
        """Whether the model was not shown the conversation from its beginning."""
        return self._window.seen.cut_off

    def give_back(self) -> None:
        """What was set aside for it and not used is free again."""
        self._aside.give_back()

    def begin_again(self, claim: Claim) -> None:
        """Answer this claim of the same turn instead: its question has changed."""
        self._claim = claim
        self._window.begin_again(claim)
        self._telling.end_round()
        self._aside.hold(claim.reservation)

    async def make(self) -> Ending:
        """Ask and tell, to the end. What fails at the gateway, or may not be paid for, is an ending too."""
        if (refused := self._aside.refused) is not None:
            return unaffordable(refused, said=self.said)
        try:
            await self._window.gather(self._adapter, self._plan.model, self._reply.set_status)
            self._add_results(await self._toolbox.close_open_calls(self._window.seen))
            self._repeat_wish()
            return await self._rounds()
        except GatewayError as error:
            return broken(error, self._claim.turn.reference, said=self.said)
        except BudgetReached as error:
            return unaffordable(error, said=self.said)

    async def close(self) -> tuple[Item, ...]:
        """Nothing more will be said: what of it is not in the history yet, its sources listed below the text."""
        made = await self._drawings.keep(PictureWish.read(self._window.subject).prompt)
        if sources := self._below.sources(self.written):
            self._telling.add(sources)
        last = self._telling.words
        answer = Item(seq=0, role=Role.ASSISTANT, text=last, turn_id=self._claim.turn.id, files=made)
        return (answer,) if last or made else ()

    @property
    def facts(self) -> tuple[str, ...]:
        """What was done for it, a sentence each."""
        return self._below.facts

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of it is not as people would expect, a sentence each."""
        model = self._ports.gateway.model(self._plan.model)
        about = (*self._plan.notices, *self._below.warnings)
        lost = unseen(self._window.items, model, self._claim.turn.id)
        doubt = (words.TWICE,) if self._reply.may_stand_twice else ()
        return (*about, *lost, *self._drawings.notices, *doubt)

    async def files(self) -> tuple[OutFile, ...]:
        """The pictures and files that go with it."""
        return await self._drawings.files()

    def _repeat_wish(self) -> None:
        """A command was typed where nobody saw it: what is asked, or to be drawn, stands above the answer."""
        kind, asked = self._claim.turn.kind, self._window.unread
        if kind is TurnKind.IMAGINE:
            self._telling.head(words.heading(PictureWish.read(self._window.subject).prompt))
        elif asked is not None and kind in (TurnKind.ANSWER, TurnKind.REGENERATE):
            self._telling.head(words.heading(asked))

    @property
    def _toolbox(self) -> Toolbox:
        """The tools, for the turn as it is claimed now."""
        return Toolbox(
            self._ports, self._adapter, self._claim, self.consent, self.consent.progress, self._told_alone
        )

    def _add_results(self, results: Sequence[Item]) -> None:
        self._window.add(results)
        self._drawings.add(reading for item in results for reading in item.files)

    async def _rounds(self) -> Ending:
        for _ in range(self._ports.limits.rounds):
            done = await self._ask()
            if not done.tool_calls:
                return whole(done, self._claim.turn.reference, said=self.said)
            await self._use_tools(done)
        return too_many_steps(self._ports.limits.rounds)

    async def _ask(self) -> Finish:
        """One round: a request, and where it failed for a reason that another would not have, that one."""
        if self._claim.turn.kind is TurnKind.SUMMARY:
            return await self._summarise()
        wished = await picture_request(self._ports, self._claim, self._window.items)
        if wished is not None:
            return await self._hear(wished)
        while True:
            offered = [tool.spec for tool in self._toolbox.offered()]
            seen = self._window.items, self._window.media_seq
            request = await build_request(self._ports, self._claim, *seen, offered, self._plan)
            try:
                done = await self._hear(request)
            except GatewayError as error:
                if not await self._concede(error, request):
                    raise
            else:
                self._below.take(request, done)
                return done

    async def _summarise(self) -> Finish:
        """The one round of a turn that was asked for a summary."""
        self._aside.give_back()  # each of its requests is paid for by itself
        ports, adapter, reply = self._ports, self._adapter, self._reply
        text, used = await summarised(ports, adapter, self._claim, self._window.subject, reply.set_status)
        reply.set_status(None)
        self._telling.say(text)
        self.used += used
        return Finish("stop")

    async def _concede(self, error: GatewayError, request: ChatRequest) -> bool:
        """Ask otherwise from here on; whether there is a way left."""
        ports, turn = self._ports, self._claim.turn
        if isinstance(error, PartNotSupported) and error.about in list(Ability):
            ports.gateway.learned(request.model, Ability(error.about))
        models = ports.fallbacks, ports.default_model
        plan = next_plan(error, request, self._plan, *models, ports.gateway.model)
        if plan is None:
            return False
        if plan.halved and not self._plan.halved and not await self._window.halve():
            return False
        told = {"failure": type(error).__name__, "detail": str(error), "model": plan.model}
        log.warning("asking otherwise", place=turn.place.key, turn=turn.id, **told)
        if plan.model != self._plan.model:
            self._window.forget_thoughts()
            if isinstance(error, ModelUnknown) and await self._take_back(request.model):
                plan = replace(plan, notices=(*plan.notices, words.taken_back(request.model)))
        self._plan = plan
        return True

    async def _take_back(self, model: str) -> bool:
        """Undo the choice of a model that is gone, by the catalogue's word as well: it is told once."""
        ports, turn = self._ports, self._claim.turn
        if self._claim.chosen.get(MODEL) != model or not ports.gateway.models() or ports.gateway.model(model):
            return False
        asker = person_key(turn.place.platform, turn.requester)
        return await ports.store.write(take_back, turn.place, asker, MODEL, model)

    async def _hear(self, request: ChatRequest | PictureRequest) -> Finish:
        """One request, what comes of it told as it comes."""
        draws = isinstance(request, PictureRequest) or self._claim.turn.kind is TurnKind.IMAGINE
        goes_on = self._window.tells_already  # text that is being continued goes on unbroken
        if self._window.seen.holds_untrusted(self._claim.speakers):
            self._telling.distrust(named_in(self._window.items))
        done = await self._telling.hear(self._asking(request), draws=draws, goes_on=goes_on)
        self.used.append(done.usage or Usage())
        return done

    def _asking(self, request: ChatRequest | PictureRequest) -> AsyncGenerator[Delta, None]:
        gateway, account = self._ports.gateway, self._aside.pays(request.account)
        if isinstance(request, PictureRequest):
            return gateway.draw(replace(request, account=account))
        return gateway.stream(replace(request, account=account))

    async def _use_tools(self, done: Finish) -> None:
        """Record the calls, run them side by side, record each result as it comes."""
        self.called = True
        said = self._calling(done, await self._drawings.keep(self._window.subject))
        self._telling.end_round()  # it is in the store from here on, even if this turn is stopped meanwhile
        self._drawings.remembered()
        conversation = self._claim.turn.conversation
        asked = await self._ports.store.write(begin_calls, conversation, said, self._ports.clock())
        self._reply.set_status(words.using(call.name for call in said.tool_calls))
        seen = self._window.seen
        self._window.add(asked)
        results = await self._toolbox.run(said.tool_calls, seen, self._end_round)
        self._add_results(results)
        self._bad_rounds += misunderstood(results)
        if self._bad_rounds >= MOST_BAD_ROUNDS:
            self._plan = replace(self._plan, calls=False)
        self._reply.set_status(words.THINKING)

    async def _end_round(self, results: Sequence[Item]) -> Item:
        """Record the last result of a round; the next request comes of all of them."""
        turn = replace(self._claim.turn, model=self._plan.model)
        history = (*self._window.items, *results)
        return await self._aside.end_round(self._ports.store, turn, history, self._claim.chosen)

    def _calling(self, done: Finish, made: tuple[Reading, ...]) -> Item:
        """What was said and drawn in a round that ends in calls of tools, as an item of history."""
        return Item(
            seq=0,
            role=Role.ASSISTANT,
            text=self._telling.words,
            turn_id=self._claim.turn.id,
            files=made,
            tool_calls=self._window.unique(done.tool_calls),
            reasoning_details=done.reasoning_details if done.fell_back is None else (),
        )
