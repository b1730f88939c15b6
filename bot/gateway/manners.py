"""How requests are written for this endpoint: what it is, and what its refusals have taught. In memory only."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog

from bot.errors import GatewayError, ParameterNotSupported, RequestInvalid
from bot.gateway.wire import Dialect
from bot.messages import ChatRequest, FilePart
from bot.ports import Clock

log = structlog.get_logger(__name__)

GATEWAY_HOST = "ai-gateway.vercel.sh"
LEARNED_FOR = 24 * 3600.0
"""Seconds for which a refusal is believed."""


class Manners:
    """The dialect for each model.

    The endpoint takes the AI gateway's own fields when it is that gateway by its host, or by its list of models:
    only the gateway publishes prices in its form, which `listed` tells. Any other gets what OpenAI documents.
    `routes` settles it beforehand.
    """

    def __init__(
        self,
        base_url: str,
        listed: Callable[[], bool],
        clock: Clock,
        byok: Mapping[str, Any] | None = None,
        routes: bool | None = None,
    ) -> None:
        self._known = True if urlsplit(base_url).hostname == GATEWAY_HOST else routes
        self._listed = listed
        self._clock = clock
        self._byok = byok
        self._refused: dict[tuple[str, str], float] = {}
        self._other_form = False

    @property
    def routes(self) -> bool:
        """Whether the endpoint takes the AI gateway's own fields."""
        return self._listed() if self._known is None else self._known

    def dialect(self, model: str) -> Dialect:
        """How a request to this model is written now."""
        now, routes = self._clock(), self.routes
        return Dialect(
            routes=routes,
            openai_files=routes is self._other_form,
            without=frozenset(name for (of, name), until in self._refused.items() if of == model and until > now),
            byok=self._byok,
        )

    def learn(self, request: ChatRequest, error: GatewayError, tried: Collection[Dialect]) -> bool:
        """Take a refusal in; whether there is now a way to write this request that was not tried yet."""
        if isinstance(error, ParameterNotSupported) and error.about:
            log.info("learned", model=request.model, refused=error.about)
            self._refused[request.model, error.about] = self._clock() + LEARNED_FOR
        elif isinstance(error, RequestInvalid) and FilePart in request.holds:
            # Both forms are documented, and nothing says which provider takes which.
            log.info("learned", model=request.model, refused="form of files")
            self._other_form = not self._other_form
        else:
            return False
        return self.dialect(request.model) not in tried
