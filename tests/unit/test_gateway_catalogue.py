"""The catalogue over time: fresh or not, what refusals teach, what is withdrawn, the copy on disk."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import orjson
import pytest
import structlog

from bot.errors import GatewayDown, ModelUnknown
from bot.gateway.catalogue import LEARNED_FOR, LIFE, SOON, Catalogue, load, save
from bot.messages import Ability, Model, Provider
from tests.wire.hurried_time import run_hurried

NOW = 1_790_000_000.0


def _list(*ids: str, **more: object) -> bytes:
    return orjson.dumps({"object": "list", "data": [{"id": model_id, **more} for model_id in ids]})


class Time:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Endpoint:
    """Answers paths; one that is not told of fails."""

    def __init__(self, **bodies: bytes) -> None:
        self.bodies = {f"/{path}": body for path, body in bodies.items()}
        self.asked: list[str] = []

    async def fetch(self, path: str) -> bytes:
        self.asked.append(path)
        if path not in self.bodies:
            raise GatewayDown("no such path")
        return self.bodies[path]


def _catalogue(
    fetch: Callable[[str], Awaitable[bytes]], time: Time | None = None, file: Path | None = None, watched: str = ""
) -> Catalogue:
    return Catalogue(
        fetch, clock=time or Time(), random=Random(1), cache_file=file, watched=watched.split() if watched else ()
    )


# --- what refusals teach -------------------------------------------------------------------------


async def test_what_a_refusal_taught_is_believed_for_a_day() -> None:
    time = Time()
    catalogue = _catalogue(Endpoint(models=_list("acme/alpha-2", tags=["vision", "tool-use"])).fetch, time)
    await catalogue.refresh()

    catalogue.learned("acme/alpha-2", Ability.SEES)
    await catalogue.refresh()

    assert catalogue.model("acme/alpha-2") == Model("acme/alpha-2", sees=False, calls_tools=True)
    assert catalogue.search("alpha")[0].sees is False
    time.now += LEARNED_FOR
    known = catalogue.model("acme/alpha-2")
    assert known is not None
    assert known.sees is True


async def test_something_is_learned_of_a_model_that_is_not_listed() -> None:
    catalogue = _catalogue(Endpoint().fetch)

    catalogue.learned("qwen3:8b", Ability.CALLS_TOOLS)

    assert catalogue.model("qwen3:8b") == Model("qwen3:8b", calls_tools=False)
    assert catalogue.models() == ()


# --- fresh and stale -----------------------------------------------------------------------------


def _keep_fresh_for(seconds: float, endpoint: Endpoint, file: Path, time: Callable[[], float]) -> None:
    async def main() -> None:
        catalogue = Catalogue(endpoint.fetch, clock=time, random=Random(1), cache_file=file)
        keeping = asyncio.create_task(catalogue.keep_fresh())
        await asyncio.sleep(seconds)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    run_hurried(main())


def test_a_young_copy_is_used_and_not_asked_for_again_before_its_life_is_over(tmp_path: Path) -> None:
    file = tmp_path / "models.json"
    save(file, _list("acme/alpha-2"))
    os.utime(file, (NOW - 600, NOW - 600))
    early, late = Endpoint(models=_list("acme/beta")), Endpoint(models=_list("acme/beta"))

    _keep_fresh_for(LIFE[0] - 601, early, file, Time())
    _keep_fresh_for(LIFE[1], late, file, Time())

    assert early.asked == []
    assert late.asked == ["/models"]


def test_an_old_copy_stands_until_the_list_has_come(tmp_path: Path) -> None:
    file = tmp_path / "models.json"
    save(file, _list("acme/alpha-2"))
    os.utime(file, (NOW - 10 * LIFE[1], NOW - 10 * LIFE[1]))

    async def main() -> tuple[bool, bool, list[str], list[str]]:
        came = asyncio.Event()

        async def fetch(path: str) -> bytes:
            await came.wait()
            return _list("acme/beta")

        catalogue = _catalogue(fetch, file=file)
        keeping = asyncio.create_task(catalogue.keep_fresh())
        while not catalogue.models():  # noqa: ASYNC110 - it has no bell
            await asyncio.sleep(0.01)
        stale, before = catalogue.fresh, [model.id for model in catalogue.models()]
        came.set()
        while catalogue.model("acme/beta") is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        keeping.cancel()
        return stale, catalogue.fresh, before, [model.id for model in catalogue.models()]

    assert asyncio.run(main()) == (False, True, ["acme/alpha-2"], ["acme/beta"])


def test_a_list_that_cannot_be_read_is_asked_for_again_soon_and_then_less_often(tmp_path: Path) -> None:
    endpoint = Endpoint()

    _keep_fresh_for(LIFE[0] * 4, endpoint, tmp_path / "models.json", Time())

    assert 6 <= len(endpoint.asked) <= 12


# --- withdrawn, or not there ---------------------------------------------------------------------


async def test_the_operator_is_warned_once_of_a_default_model_that_cannot_be_counted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.gateway.catalogue.log", structlog.get_logger())  # one that nobody has bound yet
    soon = _list("acme/old", deprecated_at=int(NOW + SOON / 2) * 1000)
    catalogue = _catalogue(Endpoint(models=soon).fetch, watched="acme/old acme/gone")

    with structlog.testing.capture_logs() as logged:
        await catalogue.refresh()
        await catalogue.refresh()

    warned = [(line["model"], line["reason"]) for line in logged if line["event"] == "choose another model"]
    assert warned == [("acme/old", "withdrawn on 2026-10-06"), ("acme/gone", "not listed by the gateway")]
    assert catalogue.search("old") == []
    assert [model.id for model in catalogue.search("acme/old")] == ["acme/old"]


# --- one model -----------------------------------------------------------------------------------


async def test_a_models_details_are_its_row_and_its_providers() -> None:
    endpoint = Endpoint(models=_list("acme/alpha-2", context_window=200000))
    endpoint.bodies["/models/acme/alpha-2/endpoints"] = b'{"data":{"endpoints":[{"provider_name":"bedrock"}]}}'
    catalogue = _catalogue(endpoint.fetch)
    await catalogue.refresh()

    details = await catalogue.details("acme/alpha-2")

    assert details.model.context_window == 200000
    assert details.providers == (Provider("bedrock"),)


async def test_a_model_that_is_not_in_the_list_is_asked_for_by_its_name() -> None:
    endpoint = Endpoint()
    endpoint.bodies["/models/acme/new"] = b'{"id":"acme/new","name":"New"}'

    details = await _catalogue(endpoint.fetch).details("acme/new")

    assert details.model == Model("acme/new", "New")
    assert details.providers == (), "most other endpoints do not tell of any"


@pytest.mark.parametrize("typed", ["../credits", "acme/../../credits", "", "acme/", "a b", "acme/x?y=1", "%2e%2e"])
async def test_only_what_can_be_a_models_id_is_asked_for(typed: str) -> None:
    endpoint = Endpoint()

    with pytest.raises(ModelUnknown):
        await _catalogue(endpoint.fetch).details(typed)
    assert endpoint.asked == []


# --- the copy on disk ----------------------------------------------------------------------------


def test_a_saved_list_is_loaded_again_and_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "models.json"
    save(file, _list("old/one"))
    save(file, _list("acme/alpha-2"))

    assert [model.id for model in load(file)[0]] == ["acme/alpha-2"]
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_or_broken_copy_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b'{"data":[{"id"')

    assert load(tmp_path / "broken.json")[0] == ()
    assert load(tmp_path / "missing.json") == ((), 0.0)


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "models.json").mkdir()

    with pytest.raises(OSError):  # noqa: PT011 - which one differs between systems
        save(tmp_path / "models.json", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["models.json"]
