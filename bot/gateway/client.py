"""The gateway as the core sees it: an answer streamed or whole, tried again where that is safe."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from random import Random
from typing import Any

from bot.gateway.billing import Billing
from bot.gateway.catalogue import Catalogue
from bot.gateway.exchange import Exchanges, Timeouts
from bot.gateway.guard import Guard
from bot.gateway.making import Making
from bot.gateway.manners import Manners
from bot.gateway.structured import Wanted, structured
from bot.gateway.transport import Transport
from bot.gateway.trying import Trying
from bot.gateway.whole import completed
from bot.messages import (
    NOBODY,
    Ability,
    Account,
    ChatRequest,
    Completed,
    Credits,
    Delta,
    Embedded,
    Model,
    ModelDetails,
    PictureRequest,
    Purpose,
    Usage,
)
from bot.ports import Clock, Structured


class OpenAIGateway:
    """The OpenAI-compatible endpoint at `base_url` (which ends in `/v1`); implements `bot.ports.Gateway`.

    `credential` is asked anew for every attempt. `cache_file` keeps the last good catalogue across restarts; the
    operator is told when a `watched` model cannot be counted on. `byok` are providers' own credentials, passed
    through to a gateway that routes and to no other endpoint; `routes` says that it is one, or not, where neither
    its host nor its list of models may.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credential: Callable[[], Awaitable[str]],
        clock: Clock,
        random: Random,
        cache_file: Path | None = None,
        watched: Collection[str] = (),
        timeouts: Timeouts | None = None,
        byok: Mapping[str, Any] | None = None,
        routes: bool | None = None,
    ) -> None:
        timeouts = timeouts or Timeouts()
        self._transport = Transport(
            base_url=base_url, credential=credential, clock=clock, connect_timeout=timeouts.connect
        )
        self._exchanges = Exchanges(self._transport, timeouts, self.thinks)
        self._catalogue = Catalogue(
            self._exchanges.listing, clock=clock, random=random, cache_file=cache_file, watched=watched
        )
        self._manners = Manners(base_url, lambda: self._catalogue.priced, clock, byok, routes)
        self._making = Making(self._transport, random, self._manners.dialect)
        self._billing = Billing(self._exchanges.look_up, clock)
        self._guard = Guard(self.credits)
        self._trying = Trying(self._guard, self._manners, self._catalogue, random)

    async def warm(self) -> None:
        """Import the SDK in the background, so that neither the start nor the first person waits for it."""
        await self._transport.warm()

    async def close(self) -> None:
        """Close every connection. End the streams first: one that is still being read is not told."""
        await self._guard.close()
        await self._trying.close()
        await self._transport.close()

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer as it is written; see `bot.ports.Gateway.stream`."""
        return self._trying.answer(request, self._exchanges.streamed)

    def whole(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer at once; see `bot.ports.Gateway.whole`."""
        return self._trying.answer(request, self._exchanges.whole)

    async def complete(self, request: ChatRequest) -> Completed:
        """The answer when it is whole; see `bot.ports.Gateway.complete`."""
        return await completed(self.whole(request))

    async def structured(self, request: ChatRequest, wanted: type[Wanted]) -> Structured[Wanted]:
        """The answer as a checked value; see `bot.ports.Gateway.structured`."""
        return await structured(self.complete, request, wanted, self.model(request.model))

    @property
    def routes(self) -> bool:
        """Whether the endpoint is an AI gateway that routes, as far as is known by now."""
        return self._manners.routes

    def trouble(self) -> str | None:
        """Why the key takes no requests at the moment, in one word for whoever watches; None while it does."""
        reason = self._guard.paused_for
        return None if reason is None else type(reason).__name__

    async def credits(self) -> Credits:
        """What is left of the account's credit; see `Billing.credits`."""
        return await self._billing.credits()

    async def cost_of(self, generation_id: str) -> Usage | None:
        """What an answer cost; see `Billing.cost_of`."""
        return await self._billing.cost_of(generation_id)

    async def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        """A picture from a model that does nothing else; see `bot.ports.Gateway.draw`."""
        async with self._guard.around(request.model), aclosing(self._making.draw(request)) as deltas:
            async for delta in deltas:
                yield delta

    async def embed(
        self, texts: Sequence[str], model: str, dimensions: int | None = None, *, account: Account = NOBODY
    ) -> Embedded:
        """Texts as vectors; see `bot.ports.Gateway.embed`."""
        async with self._guard.around(model):
            return await self._making.embed(texts, model, dimensions)

    def model(self, model_id: str) -> Model | None:
        """What is known of a model; see `Catalogue.model`, and so on."""
        return self._catalogue.model(model_id)

    def models(self) -> Sequence[Model]:
        """The catalogue."""
        return self._catalogue.models()

    def search(
        self, typed: str, limit: int = 25, *, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()
    ) -> Sequence[Model]:
        """The models that fit what somebody has typed so far."""
        return self._catalogue.search(typed, limit, purpose=purpose, recent=recent)

    def learned(self, model_id: str, unable: Ability) -> None:
        """A refusal has shown what a model cannot do."""
        self._catalogue.learned(model_id, unable)

    async def details(self, model_id: str) -> ModelDetails:
        """A model with its providers."""
        return await self._catalogue.details(model_id)

    async def recall(self) -> bool:
        """Take the catalogue's copy on disk; whether any model is known then."""
        return await self._catalogue.recall()

    async def refresh(self) -> None:
        """Read the catalogue anew."""
        await self._catalogue.refresh()

    async def keep_fresh(self) -> None:
        """Keep the catalogue fresh, for ever."""
        await self._catalogue.keep_fresh()

    def thinks(self, model_id: str) -> bool:
        """Whether a model is known to think before it answers."""
        return self._catalogue.thinks(model_id)
