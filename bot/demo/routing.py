"""`providerOptions.gateway` as the built-in gateway obeys it: fallbacks, providers, privacy, own keys. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.demo.catalogue import PROVIDER, Row
from bot.demo.refusals import Refused, flat, invalid, no_providers

_PASSES_ON = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which the gateway tries the next model."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a request says about who may serve it."""

    fallbacks: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    zero_data_retention: bool = False
    no_training: bool = False
    own_key: bool = False

    def passes_on(self, refused: Refused, tried: int) -> str | None:
        """The model that is tried after this refusal of the `tried`-th one; None where there is none left."""
        left = self.fallbacks[tried:] if refused.refusal.status in _PASSES_ON else ()
        return left[0] if left else None


def route_in(body: Mapping[str, Any]) -> Route:
    """Read it. Raises `Refused` for what has not the protocol's shape."""
    options = body.get("providerOptions", {})
    wished = options.get("gateway", {}) if isinstance(options, Mapping) else None
    if not isinstance(wished, Mapping):
        raise invalid("'providerOptions.gateway' has to be an object.", "providerOptions")
    if wished.get("sort") not in (None, "cost", "ttft", "tps"):
        raise invalid("'sort' has to be one of cost, ttft, tps.", "providerOptions")
    byok = wished.get("byok") or {}
    return Route(
        fallbacks=_names(wished, "models") or _names(body, "models"),
        only=_names(wished, "only"),
        zero_data_retention=wished.get("zeroDataRetention") is True,
        no_training=wished.get("disallowPromptTraining") is True,
        own_key=isinstance(byok, Mapping) and PROVIDER in byok,
    )


def admit(row: Row, route: Route) -> None:
    """Raises `Refused` where nobody may serve this model as the request wants it."""
    model = row["id"]
    if route.zero_data_retention and row.get("zdr") == "none":
        message = f"No ZDR (Zero Data Retention) providers available for model: {model}"
        raise Refused(flat(400, message, type="no_providers_available"))
    if route.no_training and row.get("no_training") == "none":
        raise no_providers(f"No provider of {model} is without prompt training.")
    if route.only and PROVIDER not in route.only:
        raise no_providers(f"None of the providers in 'only' serves {model}.")


def _names(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = body.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise invalid(f"'{name}' has to be a list of names.", "providerOptions")
    return tuple(found)
