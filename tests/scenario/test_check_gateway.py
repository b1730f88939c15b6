"""What `gatepost check` finds at the gateway and at the clock, against a server that really answers so."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import formatdate

import pytest
from aiohttp import web

from bot.app.checks.clock import check_clock
from bot.app.checks.gateway import check_gateway
from bot.messages import Finding, Mark
from bot.settings import Settings

PRICED = {"id": "acme/alpha-2", "type": "language", "pricing": {"input": "0.000001", "output": "0.000005"}}
REFUSED = {"error": {"message": "Invalid key vck_other", "type": "authentication_error"}}


@asynccontextmanager
async def endpoint(answers: Mapping[str, tuple[int, object]], date: str | None = None) -> AsyncIterator[str]:
    """The address of a server that answers these paths, and 404 with a page everywhere else."""

    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {"Date": date} if date else {}
        if request.path not in answers:
            return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html", headers=headers)
        status, body = answers[request.path]
        return web.json_response(body, status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


async def looked_at(
    models: tuple[int, object], balance: tuple[int, object] = (404, {}), **given: str
) -> dict[str, Finding]:
    async with endpoint({"/v1/models": models, "/v1/credits": balance}) as address:
        named = {"ai_gateway_base_url": address, "ai_gateway_api_key": "vck_mine", "default_model": "acme/alpha-2"}
        found = await check_gateway(Settings.model_validate({**named, **given}))
    return {one.name: one for one in found}


def listed(*rows: Mapping[str, object]) -> tuple[int, object]:
    return 200, {"data": list(rows)}


async def test_a_key_with_credit_and_a_model_that_is_listed_are_well() -> None:
    found = await looked_at(listed(PRICED), (200, {"balance": "95.5", "total_used": "4.5"}))

    assert {one.mark for one in found.values()} == {Mark.OK}
    assert found["key"].said == "accepted, with $95.50 of credit left"


@pytest.mark.parametrize(
    ("balance", "mark", "said"),
    [
        (
            (401, REFUSED),
            Mark.FAULT,
            "Make a new one in the gateway's dashboard and put it into AI_GATEWAY_API_KEY.",
        ),
        ((200, {"balance": "0", "total_used": "5"}), Mark.FAULT, "There is no credit left."),
        ((402, {"error": {"type": "insufficient_funds"}}), Mark.FAULT, "There is no credit left."),
        ((200, {"balance": "0.4", "total_used": "5"}), Mark.WARNING, "Add some soon."),
        ((503, {}), Mark.WARNING, "Try again later."),
    ],
)
async def test_a_key_that_is_refused_or_empty_is_found(balance: tuple[int, object], mark: Mark, said: str) -> None:
    found = (await looked_at(listed(PRICED), balance))["key"]

    assert found.mark is mark
    assert said in found.said
    assert "vck_" not in found.said


async def test_a_key_that_wins_over_a_token_is_named() -> None:
    found = (await looked_at(listed(PRICED), (401, REFUSED), vercel_oidc_token="token"))["key"]

    assert "It wins over VERCEL_OIDC_TOKEN." in found.said


async def test_a_model_that_does_not_exist_is_found_with_those_near_it() -> None:
    found = (await looked_at(listed(PRICED), default_model="acme/alpha"))["model"]

    assert found.mark is Mark.FAULT
    assert found.said == "DEFAULT_MODEL is acme/alpha, which the gateway does not list. Near it: acme/alpha-2."


async def test_other_models_that_do_not_exist_are_found_by_their_variables() -> None:
    found = await looked_at(
        listed(PRICED),
        fallback_models="acme/alpha-2,acme/beta",
        budget_model="acme/tiny",
        image_model="acme/paint",
    )

    assert {found[row].mark for row in ("fallback model", "budget model", "image model")} == {Mark.WARNING}
    assert found["fallback model"].said.startswith("FALLBACK_MODELS is acme/beta, which the gateway does not list")
    assert found["model"].mark is Mark.OK


async def test_a_model_that_is_about_to_go_is_found() -> None:
    found = (await looked_at(listed({**PRICED, "deprecated_at": 1790000000000})))["model"]

    assert found.mark is Mark.WARNING
    assert "which is withdrawn on 2026-09-21. Choose another." in found.said


async def test_a_plain_endpoint_without_credits_is_well() -> None:
    off = {"budget_per_day": "off", "budget_per_person_per_day": "off"}
    found = await looked_at(listed({"id": "acme/alpha-2"}), (404, "<h1>no</h1>"), **off)

    assert {one.mark for one in found.values()} == {Mark.OK}


async def test_an_address_that_is_no_gateway_is_found() -> None:
    async with endpoint({}) as address:
        (found,) = await check_gateway(Settings.model_validate({"ai_gateway_base_url": address}))

    assert found.mark is Mark.FAULT
    assert found.said == f"There is no gateway at {address}. Check AI_GATEWAY_BASE_URL; it usually ends in /v1."


@pytest.mark.parametrize(
    ("off", "mark", "said"),
    [(0.0, Mark.OK, "right"), (-100.0, Mark.WARNING, "100 s behind"), (1000.0, Mark.FAULT, "1000 s ahead")],
)
async def test_a_clock_that_is_off_is_found(off: float, mark: Mark, said: str) -> None:
    async with endpoint({}, formatdate(1_800_000_000.0, usegmt=True)) as address:
        found = await check_clock(address, lambda: 1_800_000_000.0 + off)

    assert found.mark is mark
    assert said in found.said


async def test_a_clock_is_not_blamed_when_nobody_answers() -> None:
    found = await check_clock("http://127.0.0.1:1/v1", time.time)

    assert found.mark is Mark.OK


@pytest.mark.parametrize(
    ("row", "given", "mark", "said"),
    [
        (PRICED, {}, Mark.OK, "$1.00 a day by BUDGET_PER_PERSON_PER_DAY; an answer costs $0.05 at most"),
        (PRICED, {"budget_per_person_per_day": "off", "budget_per_day": "off"}, Mark.OK, "off: whatever"),
        (PRICED, {"budget_per_day": "0"}, Mark.WARNING, "BUDGET_PER_DAY is 0, so nobody is answered."),
        (PRICED, {"budget_per_person_per_day": "0.04"}, Mark.FAULT, "so nobody is answered. Raise it."),
        ({"id": "acme/alpha-2"}, {}, Mark.WARNING, "so an answer may count as $0.14, and 7 fill a day."),
    ],
)
async def test_limits_are_held_against_what_an_answer_may_cost(
    row: Mapping[str, object], given: dict[str, str], mark: Mark, said: str
) -> None:
    found = (await looked_at(listed(row), (404, {}), **given))["limits"]

    assert found.mark is mark
    assert said in found.said
