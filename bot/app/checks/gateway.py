"""Looks at the gateway: whether it answers, takes the key, has credit, and lists the models that are set."""

import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from bot.app.checks.limits import check_limits
from bot.app.core import about, credential, fallbacks
from bot.errors import AddressWrong, GatewayError, GatewayRefused, GatewayUnpaid
from bot.gateway.client import OpenAIGateway
from bot.messages import Finding, Mark
from bot.settings import Settings

_LITTLE_CREDIT = Decimal(1)
"""US dollars below which the operator is warned."""


async def check_gateway(settings: Settings) -> Sequence[Finding]:
    """A row for each, the later ones only where the gateway answers. The copy of its catalogue is left alone."""
    if settings.demo:
        return [Finding("gateway", Mark.OK, "the built-in one: no key is set, so a scripted model answers")]
    gateway = OpenAIGateway(
        base_url=settings.ai_gateway_base_url,
        credential=credential(settings),
        clock=time.time,
        random=Random(),
    )
    async with aclosing(_look(gateway, settings)) as rows:
        try:
            return [row async for row in rows]
        finally:
            await gateway.close()


async def _look(gateway: OpenAIGateway, settings: Settings) -> AsyncGenerator[Finding, None]:
    address = settings.ai_gateway_base_url
    try:
        await gateway.refresh()
    except AddressWrong:
        said = f"There is no gateway at {address}. Check AI_GATEWAY_BASE_URL; it usually ends in /v1."
        yield Finding("gateway", Mark.FAULT, said)
        return
    except GatewayRefused:
        yield Finding("gateway", Mark.FAULT, f"{address} refuses to list its models. {_key_advice(settings)}")
        return
    except GatewayError as error:
        said = f"{address} does not answer as a gateway ({error}). Check AI_GATEWAY_BASE_URL and the network."
        yield Finding("gateway", Mark.FAULT, said)
        return
    yield Finding("gateway", Mark.OK, f"{address} lists {len(gateway.models())} models")
    yield await _key(gateway, settings)
    for row, variable, model in _models(settings):
        yield _model(gateway, row, variable, model)
    yield check_limits(settings, (about(settings).default_model, *fallbacks(settings)), gateway.model)


async def _key(gateway: OpenAIGateway, settings: Settings) -> Finding:
    if not gateway.routes:
        return Finding("key", Mark.OK, "this endpoint tells nothing about keys; the first question will show")
    try:
        balance = Decimal((await gateway.credits()).balance)
    except GatewayRefused:
        return Finding("key", Mark.FAULT, f"The gateway refuses the key. {_key_advice(settings)}")
    except GatewayUnpaid:
        return Finding("key", Mark.FAULT, "There is no credit left. Add credits to the gateway's account.")
    except GatewayError as error:
        return Finding("key", Mark.WARNING, f"The gateway does not tell the balance ({error}). Try again later.")
    if balance <= 0:
        return Finding("key", Mark.FAULT, "There is no credit left. Add credits to the gateway's account.")
    said = f"accepted, with ${balance:.2f} of credit left"
    if balance < _LITTLE_CREDIT:
        return Finding("key", Mark.WARNING, f"{said}. Add some soon.")
    return Finding("key", Mark.OK, said)


def _key_advice(settings: Settings) -> str:
    """Which variable to look at; the key wins over the token, even a wrong one."""
    if settings.ai_gateway_api_key is not None:
        also = " It wins over VERCEL_OIDC_TOKEN." if settings.vercel_oidc_token is not None else ""
        return f"Make a new one in the gateway's dashboard and put it into AI_GATEWAY_API_KEY.{also}"
    if settings.vercel_oidc_token is not None:
        return "VERCEL_OIDC_TOKEN lives twelve hours: fetch a new one with `vercel env pull`."
    return "Set AI_GATEWAY_API_KEY."


def _models(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """The row, the variable and the id of every model that is set."""
    yield "model", "DEFAULT_MODEL", about(settings).default_model
    for model in fallbacks(settings):
        yield "fallback model", "FALLBACK_MODELS", model
    if settings.budget_model is not None:
        yield "budget model", "BUDGET_MODEL", settings.budget_model
    if settings.image_model is not None:
        yield "image model", "IMAGE_MODEL", settings.image_model


def _model(gateway: OpenAIGateway, row: str, variable: str, model_id: str) -> Finding:
    """Without the default model nobody is answered; without the others something is missing."""
    model = gateway.model(model_id)
    if model is None:
        near = [one.id for one in gateway.search(model_id.rpartition("/")[2], 3)]
        hint = f" Near it: {', '.join(near)}." if near else " `gatepost models` lists them."
        mark = Mark.FAULT if variable == "DEFAULT_MODEL" else Mark.WARNING
        return Finding(row, mark, f"{variable} is {model_id}, which the gateway does not list.{hint}")
    if model.withdrawn_at is not None:
        day = datetime.fromtimestamp(model.withdrawn_at, UTC)
        said = f"{variable} is {model_id}, which is withdrawn on {day:%Y-%m-%d}. Choose another."
        return Finding(row, Mark.WARNING, said)
    return Finding(row, Mark.OK, f"{variable} is {model_id}")
