"""Sets money aside before a request goes out and settles it after; every request of the program passes here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import structlog

from bot.errors import BudgetReached, GatewayError, StoreError
from bot.ledger import prices, words
from bot.messages import (
    Account,
    ChatRequest,
    Estimate,
    Item,
    Level,
    Model,
    PictureRequest,
    Refusal,
    Reservation,
    SpendingLimits,
    Usage,
    Whose,
)
from bot.ports import Clock, NewId
from bot.preferences import MAX_TOKENS
from bot.store.engine import Store
from bot.store.intents import accounts, settlement
from bot.store.intents.nearing import Watch

log = structlog.get_logger(__name__)

FIRST_LOOK = 10.0
"""Seconds after which the price of an answer that broke off can be asked for; earlier it is not known yet."""


@dataclass(slots=True)
class Spending:
    """One request at work: told what becomes of it, so that it can be settled when it ends."""

    name: str
    estimate: Estimate
    generation_id: str | None = None
    used: Usage | None = None

    def settle(self, used: Usage, generation_id: str | None = None) -> None:
        """The request ended, and this is what it used; the cost is in it, or is asked for by the id."""
        self.used = used
        self.generation_id = generation_id or self.generation_id


class Ledger:
    """What may be spent, and what was. `model` looks up prices; `cheaper` is offered when a limit is reached, and
    the `fallbacks` may answer instead of any model."""

    def __init__(
        self,
        store: Store,
        limits: SpendingLimits,
        model: Callable[[str], Model | None],
        *,
        clock: Clock,
        new_id: NewId,
        cheaper: str | None = None,
        fallbacks: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._model = model
        self._clock = clock
        self._new_id = new_id
        self._cheaper = cheaper
        self._fallbacks = tuple(fallbacks)
        self.limits = limits
        self.owes = asyncio.Event()
        """Set when a price is to be asked for."""

    # --- a turn: its money is set aside in commits that there are anyway -------------------------------

    @asynccontextmanager
    async def purse(self) -> AsyncIterator[accounts.Purse]:
        """What a commit needs to set a turn's money aside: for who waits for it inside, and does not go away."""
        purse = accounts.Purse(self._new_id(), self.limits, self._turn_estimate, self._clock())
        async with self._released_unless_used(purse.name):
            yield purse

    def refusal(self, refusal: Refusal) -> BudgetReached:
        """The error that tells people of a refusal, and what they can do."""
        cheaper = self._cheaper if refusal.cheaper_fits else None
        return BudgetReached(words.refused(refusal, cheaper, self._clock()), cheaper)

    def give_back(self, reservation: Reservation | Refusal | None) -> None:
        """What was set aside for a turn is not needed: it asked no model."""
        if isinstance(reservation, Reservation):
            self._book(settlement.release, reservation.id)

    def watch(self, person: str) -> Watch:
        """What the commit that ends a turn needs to tell this person of limits that are nearly used."""
        now = self._clock()
        return Watch(person, self.limits, lambda level: f"⚠ {words.near(level, now)}", now)

    def warn(self, near: Sequence[Level]) -> None:
        """Tell the operator what people were told of everybody's limit."""
        for level in near:
            if level.whose is Whose.EVERYONE:
                told = {"used": str(level.used), "limit": str(level.limit)}
                log.warning("budget nearly used", setting="BUDGET_PER_DAY", **told)

    # --- any request ----------------------------------------------------------------------------------

    def estimate(self, request: ChatRequest) -> Estimate:
        """What a chat request costs at most, whichever of its models answers."""
        models = [self._model(name) for name in (request.model, *request.routing.fallbacks)]
        return Estimate(
            request.model,
            prices.most_for(request, models),
            prices.most_for(request, [self._model(self._cheaper)]) if self._cheaper else None,
        )

    def without_surprise(self, request: ChatRequest) -> ChatRequest:
        """The request as it may go out: whoever chose a free model gets no answer that has to be paid for."""
        fallbacks = request.routing.fallbacks
        if not fallbacks or not self._is_free(request.model):
            return request
        free = tuple(one for one in fallbacks if self._is_free(one))
        return replace(request, routing=replace(request.routing, fallbacks=free))

    def _is_free(self, model: str) -> bool:
        return prices.most(self._model(model), 1, 1) == 0

    def estimate_picture(self, request: PictureRequest) -> Estimate:
        """What a picture costs at most."""
        return Estimate(request.model, prices.most_for_picture(self._model(request.model), request))

    def estimate_vectors(self, model: str, texts: Sequence[str]) -> Estimate:
        """What the vectors of these texts cost at most."""
        return Estimate(model, prices.most_for_vectors(self._model(model), texts))

    @asynccontextmanager
    async def spend(self, account: Account, estimate: Estimate) -> AsyncIterator[Spending]:
        """Set money aside for one request, made inside; settle it at the end by what was said of it.

        A cost that was reported is booked. Without one its price is asked for later, by the gateway's id; where
        there is none, what was set aside stands. Raises BudgetReached before anything is asked.
        """
        spending = Spending(await self._reserved(account, estimate), estimate)
        try:
            yield spending
        except GatewayError as error:
            spending.generation_id = spending.generation_id or error.generation_id
            self._end(spending, asked=error.billable)
            raise
        except BaseException:
            self._end(spending)
            raise
        self._end(spending)

    def begun(self, spending: Spending, generation_id: str) -> None:
        """An answer began."""
        spending.generation_id = generation_id
        self._book(settlement.begin, spending.name, generation_id)

    async def again(self, spending: Spending, *, billable: bool) -> None:
        """The same request is about to be made once more: as much is set aside for it as for the try before.

        `billable` tells that the try before may have cost something, as one that had begun will have. Raises
        BudgetReached where that is more than is left.
        """
        if spending.generation_id is None and not billable:
            return
        name, due = self._new_id(), self._clock() + FIRST_LOOK
        facts = (spending.name, name, spending.estimate, self.limits, due)
        async with self._released_unless_used(name):
            refused = await self._store.write(settlement.begin_again, *facts)
        if refused is not None:
            raise self.refusal(refused)
        if spending.generation_id is not None:
            self.owes.set()
        spending.name, spending.generation_id = name, None

    async def _reserved(self, account: Account, estimate: Estimate) -> str:
        """The name under which the money for this request is set aside, on the disk."""
        held = account.reservation
        if held is not None and held.amount >= estimate.amount:
            return held.id
        name = self._new_id() if held is None else held.id
        async with self._released_unless_used(name):
            refused = await self._set_aside(name, account, estimate)
        if refused is not None:
            raise self.refusal(refused)
        return name

    async def _set_aside(self, name: str, account: Account, estimate: Estimate) -> Refusal | None:
        if account.reservation is not None:
            return await self._store.write(accounts.raise_to, name, estimate, self.limits)
        found = await self._store.write(accounts.reserve, name, account, estimate, self.limits, self._clock())
        return found if isinstance(found, Refusal) else None

    @asynccontextmanager
    async def _released_unless_used(self, name: str) -> AsyncIterator[None]:
        """Who goes away while money is set aside makes no request: it is carried out all the same, and undone."""
        try:
            yield
        except asyncio.CancelledError:
            self._book(settlement.release, name)
            raise

    def _end(self, spending: Spending, *, asked: bool = True) -> None:
        used = spending.used
        if used is not None and used.cost is not None:
            self._book(settlement.settle, spending.name, Decimal(used.cost), used)
        elif spending.generation_id is not None:
            due = self._clock() + FIRST_LOOK
            self._book(settlement.owe, spending.name, spending.generation_id, due, used)
            self.owes.set()
        elif asked:
            self._book(settlement.keep_estimate, spending.name, used)
        else:
            self._book(settlement.release, spending.name)

    def _book(self, intent: Callable[..., object], *facts: object) -> None:
        """Booked with the commit that follows anyway: the turn's end, mostly."""
        try:
            self._store.write_along(intent, *facts)
        except StoreError as error:
            log.warning("not booked", error=str(error))  # the next start asks for it

    def _turn_estimate(self, model: str, items: Sequence[Item], chosen: Mapping[str, str]) -> Estimate:
        answer = int(chosen.get(MAX_TOKENS.name, prices.ANSWER_TOKENS))
        may_answer = (model,) if self._is_free(model) else (model, *self._fallbacks)
        cheaper = self._model(self._cheaper) if self._cheaper else None
        return Estimate(
            model,
            max(prices.most_for_turn(self._model(one), items, answer) for one in may_answer),
            prices.most_for_turn(cheaper, items, answer) if self._cheaper else None,
        )
