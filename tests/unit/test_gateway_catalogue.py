"""The catalogue: rows to models, finding them, the copy on disk."""

import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.gateway.catalogue import load, models_in, save, search
from bot.messages import Model

ROW: dict[str, Any] = {
    "id": "acme/alpha-2",
    "object": "model",
    "created": 1755000000,
    "owned_by": "acme",
    "name": "Alpha 2",
    "type": "language",
    "tags": ["tool-use", "vision", "file-input", "reasoning"],
    "context_window": 200000,
    "max_tokens": 32000,
    "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
    "supported_parameters": ["max_tokens", "tools"],
    "reasoning_options": [{"type": "toggle"}],
    "pricing": {"input": "0.000001", "output": "0.000005"},
}


def _list(*rows: object) -> bytes:
    return orjson.dumps({"object": "list", "data": rows})


def _model(**changes: object) -> Model:
    """The row as a model, with some fields changed; None takes a field out."""
    row = {name: value for name, value in (ROW | changes).items() if value is not None}
    (model,) = models_in(_list(row))
    return model


def test_a_row_becomes_a_model() -> None:
    assert _model() == Model(
        id="acme/alpha-2",
        name="Alpha 2",
        context_window=200000,
        max_tokens=32000,
        input_price="0.000001",
        output_price="0.000005",
        sees=True,
        reads_files=True,
        calls_tools=True,
        reasons=True,
    )


@pytest.mark.parametrize(
    ("changes", "sees"),
    [
        ({"tags": ["vision"], "modalities": None}, True),
        ({"tags": [], "modalities": {"input": ["text", "image"]}}, True),
        ({"tags": None, "modalities": {"input": ["text"]}}, False),
        ({"tags": ["tool-use"], "modalities": None}, None),
        ({"tags": None, "modalities": {"input": "text"}}, None),
    ],
)
def test_seeing_is_yes_no_or_unknown(changes: dict[str, object], sees: bool | None) -> None:
    assert _model(**changes).sees is sees


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({"tags": ["file-input"], "modalities": None}, True),
        ({"tags": None, "modalities": {"input": ["text", "pdf"]}}, True),
        ({"tags": None, "modalities": {"input": ["text", "file"]}}, True),
        ({"tags": None, "modalities": {"input": ["text", "image"]}}, False),
        ({"tags": ["vision"], "modalities": None}, None),
    ],
)
def test_reading_files_is_yes_no_or_unknown(changes: dict[str, object], reads: bool | None) -> None:
    assert _model(**changes).reads_files is reads


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({"supported_parameters": ["tools"], "tags": []}, True),
        ({"supported_parameters": ["temperature"], "tags": ["tool-use"]}, False),
        ({"supported_parameters": None, "tags": ["tool-use"]}, True),
        ({"supported_parameters": None, "tags": ["vision"]}, None),
        ({"supported_parameters": None, "tags": None}, None),
    ],
)
def test_a_list_of_parameters_decides_on_tools_both_ways(changes: dict[str, object], calls: bool | None) -> None:
    assert _model(**changes).calls_tools is calls


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"tags": ["reasoning"], "reasoning_options": None}, True),
        ({"tags": [], "reasoning_options": [{"type": "effort"}]}, True),
        ({"tags": [], "reasoning_options": []}, None),
        ({"tags": None, "reasoning_options": None}, None),
    ],
)
def test_reasoning_is_never_ruled_out(changes: dict[str, object], reasons: bool | None) -> None:
    assert _model(**changes).reasons is reasons


@pytest.mark.parametrize("pricing", [{}, None, "free", {"input": "cheap"}, {"input": "-1"}, {"input": "NaN"}])
def test_no_published_price_is_no_price_not_zero(pricing: object) -> None:
    assert _model(pricing=pricing).input_price is None


def test_prices_are_plain_digits() -> None:
    assert _model(pricing={"input": "1.5e-7", "output": 0}).input_price == "0.00000015"
    assert _model(pricing={"input": "1.5e-7", "output": 0}).output_price == "0"


def test_odd_rows_are_passed_over_and_the_rest_is_kept() -> None:
    odd: list[object] = [
        None,
        7,
        [],
        {},
        {"id": None},
        {"id": ""},
        {"id": "zeta/x", "context_window": "big", "type": "hologram"},
    ]

    models = models_in(_list(*odd, ROW, ROW))

    assert [(model.id, model.type) for model in models] == [("zeta/x", "hologram"), ("acme/alpha-2", "language")]
    assert models[0].context_window is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"data":{"id":"x"}}', b'{"data":null}', b"\xff"])
def test_what_is_no_list_of_models_holds_none(body: bytes) -> None:
    assert models_in(body) == ()


# --- finding one -------------------------------------------------------------------------------

MODELS = (
    Model("acme/alpha-2", "Alpha 2"),
    Model("acme/alpha-2-mini", "Alpha 2 mini"),
    Model("acme/beta", "Beta"),
    Model("zeta/alphabet", "Zeta Letters"),
    Model("zeta/fast-3", "Quick Three"),
    Model("acme/alpha-draw", "Alpha Draw", type="image"),
)


def _found(typed: str) -> list[str]:
    return [model.id for model in search(MODELS, typed)]


def test_a_whole_id_comes_first_then_ids_that_begin_with_it() -> None:
    assert _found("acme/alpha-2") == ["acme/alpha-2", "acme/alpha-2-mini"]


def test_the_maker_need_not_be_typed_nor_the_case_be_right() -> None:
    assert _found(" ALPHA") == ["acme/alpha-2", "acme/alpha-2-mini", "zeta/alphabet"]


def test_a_name_is_found_as_well_as_an_id() -> None:
    assert _found("quick") == ["zeta/fast-3"]


def test_all_words_have_to_be_somewhere() -> None:
    assert _found("mini acme") == ["acme/alpha-2-mini"]
    assert _found("mini zeta") == []


def test_nothing_typed_offers_language_models_only_and_not_too_many() -> None:
    assert _found("") == [model.id for model in MODELS[:5]]
    assert len(search(MODELS, "", limit=2)) == 2


def test_four_hundred_models_are_searched_within_a_keystroke() -> None:
    models = [Model(f"maker-{n % 20}/model-{n}", f"The Model Number {n}") for n in range(400)]

    fastest = min(_seconds(models, typed) for typed in ("number 39", "maker", "nothing at all") for _ in range(5))

    assert fastest < 0.005


def _seconds(models: list[Model], typed: str) -> float:
    started = time.perf_counter()
    search(models, typed)
    return time.perf_counter() - started


# --- the copy on disk ----------------------------------------------------------------------------


def test_a_saved_list_is_loaded_again_and_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "models.json"
    save(file, _list(ROW | {"id": "old/one"}))
    save(file, _list(ROW))

    assert [model.id for model in load(file)] == ["acme/alpha-2"]
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_or_broken_copy_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b'{"data":[{"id"')

    assert load(tmp_path / "broken.json") == ()
    assert load(tmp_path / "missing.json") == ()


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "models.json").mkdir()

    with pytest.raises(OSError):  # noqa: PT011 - which one differs between systems
        save(tmp_path / "models.json", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["models.json"]
