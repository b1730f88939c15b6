"""The other paths of the built-in gateway, and what it does with requests that are wrong."""

import base64
import io
import re
import struct
from collections.abc import AsyncIterator

import aiohttp
import orjson
import pytest
from PIL import Image

from bot.demo.catalogue import rows
from bot.demo.server import DemoGateway
from bot.errors import StartError
from tests.wire.demo_client import Client, chat, gateway_client

ULID = re.compile(r"gen_[0-9A-HJKMNP-TV-Z]{26}")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with gateway_client() as client:
        yield client


async def test_the_catalogue_needs_no_key_and_holds_honest_rows(client: Client) -> None:
    async with aiohttp.ClientSession() as nobody, nobody.get(client.demo.base_url + "/models") as response:
        body = orjson.loads(await response.read())
    assert body["object"] == "list"
    always = {
        "id",
        "object",
        "created",
        "released",
        "owned_by",
        "name",
        "description",
        "type",
        "modalities",
        "pricing",
    }
    assert all(always | {"supported_specifications"} <= set(row) for row in body["data"])
    talking = [row for row in body["data"] if row["type"] == "language"]
    assert all("scripted, not intelligent" in row["description"] for row in talking)


@pytest.mark.parametrize("slash", ["/", "%2F"])
async def test_one_model_is_found_under_either_slash(client: Client, slash: str) -> None:
    status, row = await client.get(f"/models/gatepost{slash}slow")
    assert (status, row["id"]) == (200, "gatepost/slow")
    status, body = await client.get(f"/models/gatepost{slash}slow/endpoints")
    assert (status, body["data"]["endpoints"][0]["pricing"]["prompt"]) == (200, "0.000001")


async def test_an_unknown_model_is_not_found(client: Client) -> None:
    for status, body in (
        await client.get("/models/gatepost/gone"),
        await client.post("/chat/completions", chat("hi", model="gatepost/gone")),
    ):
        assert (status, body["error"]["type"]) == (404, "model_not_found")
        assert body["error"]["param"]["modelId"] == "gatepost/gone"


async def test_the_images_path_draws_real_pngs(client: Client) -> None:
    body = {"model": "gatepost/painter", "prompt": "a green circle", "n": 2, "size": "64x32"}
    _, answer = await client.post("/images/generations", body)
    assert len(answer["data"]) == 2
    assert Image.open(io.BytesIO(base64.b64decode(answer["data"][0]["b64_json"]))).size == (64, 32)


async def test_embeddings_are_the_same_as_numbers_and_as_base64(client: Client) -> None:
    body = {"model": "gatepost/embedder", "input": ["a red house", "the red house"], "dimensions": 64}
    _, floats = await client.post("/embeddings", body | {"encoding_format": "float"})
    _, packed = await client.post("/embeddings", body | {"encoding_format": "base64"})
    for plain, coded in zip(floats["data"], packed["data"], strict=True):
        unpacked = struct.unpack("<64f", base64.b64decode(coded["embedding"]))
        assert unpacked == pytest.approx(plain["embedding"], abs=1e-6)
    assert floats["usage"]["total_tokens"] > 0
    assert "id" not in floats
    assert floats["providerMetadata"]["gateway"]["generationId"]


async def test_what_an_answer_cost_is_known_after_a_while_and_taken_off_the_credit(client: Client) -> None:
    _, answer = await client.post("/chat/completions", chat("count to 100"))
    path = f"/generation?id={answer['id']}"
    client.time.now += 8.9
    assert (await client.get(path))[1]["error"] == "Usage event not found"
    client.time.now += 0.2
    status, body = await client.get(path)
    assert (status, body["data"]["total_cost"]) == (200, answer["usage"]["cost"])
    _, credit = await client.get("/credits")
    assert credit["total_used"] == answer["choices"][0]["message"]["provider_metadata"]["gateway"]["cost"]
    assert float(credit["balance"]) + float(credit["total_used"]) == pytest.approx(100)


@pytest.mark.parametrize(
    ("path", "said"), [("/generation", "id is required"), ("/generation?id=7", "Invalid generation ID")]
)
async def test_a_generation_without_a_proper_id_is_refused_flatly(client: Client, path: str, said: str) -> None:
    status, body = await client.get(path)
    assert status == 400
    assert body["error"].startswith(said)


async def test_without_a_key_only_the_catalogue_is_open() -> None:
    async with DemoGateway(key="right") as demo, aiohttp.ClientSession() as session:
        for key, expected in ((None, 401), ("wrong", 401), ("right", 200)):
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            async with session.get(f"{demo.base_url}/credits", headers=headers) as response:
                assert response.status == expected
                body = orjson.loads(await response.read())
            assert expected == 200 or body["error"]["type"] == "authentication_error"


async def test_a_body_past_the_limit_is_refused(client: Client) -> None:
    url = client.demo.base_url + "/chat/completions"
    async with client.session.post(url, data=io.BytesIO(bytes(33 * 1024 * 1024))) as response:
        assert response.status == 413
        assert orjson.loads(await response.read())["error"]["type"] == "request_too_large"


async def test_wrong_methods_and_paths_are_answered_as_the_gateway_does(client: Client) -> None:
    assert await client.post("/models", {}) == (405, b"")
    status, body = await client.get("/nothing")
    assert (status, body["error"]["type"]) == (404, "not_found_error")
    async with client.session.get(client.demo.base_url.removesuffix("/v1") + "/models") as response:
        assert (response.status, response.content_type) == (404, "text/html")


async def test_requests_are_kept_with_headers_and_body(client: Client) -> None:
    options = {"gateway": {"caching": "auto"}}
    body = chat("hi", providerOptions=options)
    await client.post("/chat/completions", body, **{"X-Session-Affinity": "abc"})
    recorded = client.demo.requests[-1]
    assert (recorded.method, recorded.path) == ("POST", "/v1/chat/completions")
    assert recorded.headers["x-session-affinity"] == "abc"
    assert recorded.body["providerOptions"] == options


async def test_large_requests_do_not_pile_up(client: Client) -> None:
    for _ in range(12):
        await client.post("/chat/completions", {"padding": "x" * 1_000_000})
    assert 1 <= len(client.demo.requests) <= 8


async def test_a_taken_port_is_one_sentence(client: Client) -> None:
    port = int(client.demo.base_url.split(":")[2].split("/")[0])
    with pytest.raises(StartError, match=f"Port {port} is taken"):
        await DemoGateway(port=port).start()


def test_the_models_differ_in_what_they_can_take() -> None:
    takes = {row["id"]: row["modalities"]["input"] for row in rows()}
    assert takes["gatepost/scripted"] == ["text", "image", "pdf"]
    assert takes["gatepost/scripted-blind"] == ["text"]


async def test_the_real_sdk_understands_every_answer(client: Client) -> None:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async with AsyncOpenAI(
        api_key="any", base_url=client.demo.base_url, http_client=DefaultAioHttpClient(), max_retries=0
    ) as sdk:
        assert "gatepost/scripted" in [model.id async for model in sdk.models.list()]
        assert (await sdk.models.retrieve("gatepost/slow")).owned_by == "gatepost"
        embedded = await sdk.embeddings.create(model="gatepost/embedder", input="a red house")
        assert len(embedded.data[0].embedding) == 256
        drawn = await sdk.images.generate(model="gatepost/painter", prompt="a red square")
        assert drawn.data
        async with sdk.chat.completions.stream(
            model="gatepost/scripted", messages=[{"role": "user", "content": "count to 3"}]
        ) as stream:
            assert (await stream.get_final_completion()).choices[0].message.content == "1, 2, 3."
