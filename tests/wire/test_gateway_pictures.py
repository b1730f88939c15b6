"""Pictures by their own endpoint: what is sent, what is made of every answer, and what is never paid for twice."""

import asyncio
import base64
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import orjson
import pytest
from PIL import Image

from bot.demo.server import DemoGateway
from bot.errors import (
    AnswerCutOff,
    AnswerEmpty,
    GatewayDown,
    GatewayError,
    GatewaySilent,
    NotOffered,
    RequestRefused,
)
from bot.gateway.client import OpenAIGateway
from bot.gateway.making import DRAWING_SECONDS
from bot.messages import (
    Delta,
    Finish,
    ImageDelta,
    PicturePart,
    PictureRequest,
    Retrying,
    Routing,
    Started,
    Usage,
)
from tests.files import picture
from tests.wire.hurried_time import run_hurried
from tests.wire.raw_server import Exchange, RawServer, Script, raw_server

REQUEST = PictureRequest("acme/paint", "a red square")
PNG = picture(colour="red")
MADE = {
    "created": 1,
    "data": [{"b64_json": base64.b64encode(PNG).decode()}],
    "providerMetadata": {"gateway": {"cost": "0.04", "generationId": "gen_01"}},
}


async def _key() -> str:
    return "vck_test"


def _replies(status: int, body: object = b"", **headers: str) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.reply(status, body if isinstance(body, bytes) else orjson.dumps(body), **headers)

    return script


@asynccontextmanager
async def _gateway(*scripts: Script) -> AsyncIterator[tuple[OpenAIGateway, RawServer]]:
    async with raw_server(*scripts) as server:
        gateway = OpenAIGateway(
            base_url=server.base_url, credential=_key, clock=lambda: 0.0, random=Random(1), routes=True
        )
        try:
            yield gateway, server
        finally:
            await gateway.close()


async def _drawn(
    gateway: OpenAIGateway, request: PictureRequest = REQUEST
) -> tuple[list[Delta], GatewayError | None]:
    deltas: list[Delta] = []
    try:
        async for delta in gateway.draw(request):
            deltas.append(delta)  # noqa: PERF401 - those before a failure count
    except GatewayError as error:
        return deltas, error
    return deltas, None


async def test_a_picture_is_asked_for_in_the_gateways_own_form_and_comes_with_its_bill() -> None:
    async with _gateway(_replies(200, MADE)) as (gateway, server):
        deltas, failure = await _drawn(gateway)

    (asked,) = server.seen
    assert (asked.method, asked.path) == ("POST", "/v1/images/generations")
    assert asked.json == {"model": "acme/paint", "prompt": "a red square", "n": 1}
    assert {name: value for name, value in asked.headers.items() if name != "content-length"} == {
        "host": server.base_url.split("/")[2],
        "connection": "keep-alive",
        "accept": "application/json",
        "accept-encoding": "identity",
        "authorization": "Bearer vck_test",
        "content-type": "application/json",
        "user-agent": "gatepost",
    }
    assert failure is None
    assert deltas == [
        Started("gen_01"),
        ImageDelta("image/png", PNG),
        Finish("stop", usage=Usage(cost="0.04")),
    ]


async def test_a_picture_is_changed_at_the_path_for_that_with_a_size_and_the_routing_that_was_chosen() -> None:
    request = PictureRequest(
        "acme/paint", "bluer", "1024x1024", (PicturePart("image/png", PNG),), Routing(zero_data_retention=True)
    )
    async with _gateway(_replies(200, MADE)) as (gateway, server):
        await _drawn(gateway, request)

    (asked,) = server.seen
    assert asked.path == "/v1/images/edits"
    assert asked.json == {
        "model": "acme/paint",
        "prompt": "bluer",
        "n": 1,
        "size": "1024x1024",
        "images": [{"image_url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}],
        "providerOptions": {"gateway": {"zeroDataRetention": True}},
    }


@pytest.mark.parametrize(
    ("item", "media_type"),
    [
        ({"b64_json": base64.b64encode(picture("JPEG")).decode()}, "image/jpeg"),
        ({"b64_json": base64.b64encode(picture("WEBP")).decode()}, "image/webp"),
        ({"url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}, "image/png"),
    ],
)
async def test_what_a_picture_is_its_bytes_tell(item: object, media_type: str) -> None:
    async with _gateway(_replies(200, {"data": [item, {"b64_json": "%%%"}, 7]})) as (gateway, _):
        deltas, _ = await _drawn(gateway)

    assert [delta.media_type for delta in deltas if isinstance(delta, ImageDelta)] == [media_type]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        {"data": []},
        {"data": [{"url": "https://example.com/cat.png"}]},
        {"data": [{"b64_json": base64.b64encode(b"<svg onload=alert(1)>").decode()}]},
    ],
)
async def test_an_answer_without_a_picture_is_told_as_that(body: object) -> None:
    async with _gateway(_replies(200, body)) as (gateway, _):
        deltas, failure = await _drawn(gateway)

    assert deltas == []
    assert type(failure) is AnswerEmpty


async def test_what_the_provider_declines_is_not_tried_again() -> None:
    refusal = {"error": {"message": "Flagged by the safety system", "type": "invalid_request_error"}}
    async with _gateway(_replies(400, refusal)) as (gateway, server):
        _, failure = await _drawn(gateway)

    assert type(failure) is RequestRefused
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [404, 405])
async def test_an_endpoint_that_makes_no_pictures_still_makes_everything_else(status: int) -> None:
    nothing = _replies(status, b"404 page not found")
    vectors = _replies(200, {"data": [{"index": 0, "embedding": [0.5]}], "model": "acme/vectors"})
    async with _gateway(nothing, nothing, vectors) as (gateway, server):
        deltas, failure = await _drawn(gateway)
        with pytest.raises(NotOffered):
            await gateway.embed(["words"], "acme/vectors")
        made = await gateway.embed(["words"], "acme/vectors")

    assert deltas == []
    assert isinstance(failure, NotOffered)
    assert len(made.vectors) == 1
    assert len(server.seen) == 3


async def test_a_size_that_is_not_taken_is_left_to_the_model() -> None:
    refusal = {"error": {"message": "Unsupported parameter: 'size'", "type": "invalid_request_error"}}
    async with _gateway(_replies(400, refusal), _replies(200, MADE)) as (gateway, server):
        deltas, failure = await _drawn(gateway, PictureRequest("acme/paint", "x", "1024x1024"))

    assert failure is None
    assert any(isinstance(delta, ImageDelta) for delta in deltas)
    assert ["size" in exchange.json for exchange in server.seen] == [True, False]


def test_trouble_before_anything_was_made_is_tried_again_where_people_see_it() -> None:
    async def main() -> tuple[list[Delta], GatewayError | None]:
        async with _gateway(_replies(503), _replies(200, MADE)) as (gateway, _):
            return await _drawn(gateway)

    deltas, failure = run_hurried(main())

    assert failure is None
    assert [type(delta) for delta in deltas] == [Retrying, Started, ImageDelta, Finish]


def test_a_connection_lost_before_the_answer_is_tried_again_as_one_that_may_cost_something() -> None:
    async def drops(exchange: Exchange) -> None:
        exchange.drop()

    async def main() -> list[Delta]:
        async with _gateway(drops, _replies(200, MADE)) as (gateway, _):
            return (await _drawn(gateway))[0]

    assert [delta.billable for delta in run_hurried(main()) if isinstance(delta, Retrying)] == [True]


def test_an_answer_that_breaks_off_was_made_and_is_not_paid_for_twice() -> None:
    async def breaks_off(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        exchange.drop()

    async def main() -> tuple[GatewayError | None, int]:
        async with _gateway(breaks_off) as (gateway, server):
            _, failure = await _drawn(gateway)
            return failure, len(server.seen)

    failure, asked = run_hurried(main())

    assert (type(failure), asked) == (AnswerCutOff, 1)


def test_a_picture_that_never_comes_is_given_up_in_time() -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.silence()

    async def main() -> GatewayError | None:
        async with _gateway(silent) as (gateway, _):
            await gateway.warm()
            _, failure = await _drawn(gateway)
            return failure

    assert type(run_hurried(main())) is GatewaySilent
    assert DRAWING_SECONDS > 120, "a good picture takes its time"


async def test_whoever_stops_hangs_up_and_the_gateway_hears_it() -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.silence()

    async with _gateway(silent) as (gateway, server):
        drawing = asyncio.create_task(_drawn(gateway))
        while not server.seen:  # noqa: ASYNC110 - the server has no bell for that
            await asyncio.sleep(0.005)
        drawing.cancel()
        async with asyncio.timeout(5):
            await server.hung_up.wait()

    assert drawing.cancelled() or drawing.done()


async def test_the_built_in_painter_draws_and_changes_what_it_drew() -> None:
    async with DemoGateway(pace=5000, first_token=0.0) as demo:
        gateway = OpenAIGateway(base_url=demo.base_url, credential=_key, clock=time.time, random=Random(1))
        drawn, failure = await _drawn(gateway, PictureRequest("gatepost/painter", "a red square", "128x128"))
        red = next(delta.data for delta in drawn if isinstance(delta, ImageDelta))
        source = (PicturePart("image/png", red),)
        changed, _ = await _drawn(gateway, PictureRequest("gatepost/painter", "make it blue", sources=source))
        blue = next(delta.data for delta in changed if isinstance(delta, ImageDelta))
        wrong, refused = await _drawn(gateway, PictureRequest("gatepost/scripted", "a red square"))
        await gateway.close()

    assert failure is None
    assert _middle(red) == (220, 20, 30)
    assert _middle(blue) == (30, 80, 220)
    assert Image.open(io.BytesIO(blue)).size == (128, 128)
    assert isinstance(drawn[-1], Finish)
    assert drawn[-1].usage == Usage(cost="0.01")
    assert wrong == []
    assert isinstance(refused, GatewayError)
    assert not isinstance(refused, GatewayDown)


def _middle(data: bytes) -> object:
    image = Image.open(io.BytesIO(data))
    return image.convert("RGB").getpixel((image.width // 2, image.height // 2))
