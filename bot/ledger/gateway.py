"""The gateway as the core is given it: nothing goes through that was not allowed and is not booked."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from bot.gateway.structured import Wanted, structured
from bot.gateway.whole import completed
from bot.ledger.ledger import Ledger
from bot.messages import (
    NOBODY,
    Ability,
    Account,
    ChatRequest,
    Completed,
    Delta,
    Embedded,
    Estimate,
    Finish,
    Model,
    ModelDetails,
    PictureRequest,
    Purpose,
    Retrying,
    Started,
    Usage,
)
from bot.ports import Gateway, Structured


class PaidGateway:
    """Implements `bot.ports.Gateway` over another one, and raises BudgetReached where that is too expensive."""

    def __init__(self, gateway: Gateway, ledger: Ledger) -> None:
        self._gateway = gateway
        self._ledger = ledger

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer as it is written; see `bot.ports.Gateway.stream`."""
        request = self._ledger.without_surprise(request)
        return self._paid(request.account, self._ledger.estimate(request), self._gateway.stream(request))

    def whole(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The same at once; see `bot.ports.Gateway.whole`."""
        request = self._ledger.without_surprise(request)
        return self._paid(request.account, self._ledger.estimate(request), self._gateway.whole(request))

    async def complete(self, request: ChatRequest) -> Completed:
        """The whole answer; see `bot.ports.Gateway.complete`."""
        return await completed(self.whole(request))

    async def structured(self, request: ChatRequest, wanted: type[Wanted]) -> Structured[Wanted]:
        """A checked value, each request for it paid by itself; see `bot.ports.Gateway.structured`."""
        held = iter((request.account,))

        async def complete(asked: ChatRequest) -> Completed:
            """What was set aside before is for the first request alone."""
            account = next(held, replace(request.account, reservation=None))
            return await self.complete(replace(asked, account=account))

        return await structured(complete, request, wanted, self.model(request.model))

    def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        """A picture; see `bot.ports.Gateway.draw`."""
        estimate = self._ledger.estimate_picture(request)
        return self._paid(request.account, estimate, self._gateway.draw(request))

    async def embed(
        self, texts: Sequence[str], model: str, dimensions: int | None = None, *, account: Account = NOBODY
    ) -> Embedded:
        """Vectors; see `bot.ports.Gateway.embed`."""
        async with self._ledger.spend(account, self._ledger.estimate_vectors(model, texts)) as spending:
            made = await self._gateway.embed(texts, model, dimensions, account=account)
            spending.settle(made.usage, made.generations[0] if len(made.generations) == 1 else None)
        return made

    async def _paid(
        self, account: Account, estimate: Estimate, asked: AsyncGenerator[Delta, None]
    ) -> AsyncGenerator[Delta, None]:
        """What comes back of a request, which goes out once its money is set aside."""
        async with self._ledger.spend(account, estimate) as spending, aclosing(asked) as deltas:
            async for delta in deltas:
                match delta:
                    case Started(generation_id=generation):
                        self._ledger.begun(spending, generation)
                    case Retrying(billable=billable):
                        await self._ledger.again(spending, billable=billable)
                    case Finish():
                        spending.settle(delta.usage or Usage())
                yield delta

    @property
    def routes(self) -> bool:
        """See `bot.ports.Gateway.routes`."""
        return self._gateway.routes

    def model(self, model_id: str) -> Model | None:
        """See `bot.ports.Gateway.model`."""
        return self._gateway.model(model_id)

    def models(self) -> Sequence[Model]:
        """See `bot.ports.Gateway.models`."""
        return self._gateway.models()

    def search(
        self, typed: str, limit: int = 25, *, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()
    ) -> Sequence[Model]:
        """See `bot.ports.Gateway.search`."""
        return self._gateway.search(typed, limit, purpose=purpose, recent=recent)

    def learned(self, model_id: str, unable: Ability) -> None:
        """See `bot.ports.Gateway.learned`."""
        self._gateway.learned(model_id, unable)

    async def details(self, model_id: str) -> ModelDetails:
        """See `bot.ports.Gateway.details`."""
        return await self._gateway.details(model_id)
