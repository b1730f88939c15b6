"""The pure parts of the built-in gateway: sums, schemas, pictures, embeddings, ids, the supervisor's patience."""

import io
import re
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.demo.arithmetic import evaluate
from bot.demo.embedding import embed
from bot.demo.pictures import COLOURS, NoPicture, describe, draw, nearest_colour
from bot.demo.structured import example
from bot.demo.supervisor import Deaths
from bot.demo.wire import generation_id, tokens


@pytest.mark.parametrize("text", ["__import__('os')", "9**9**9**9", "a+1", "1+", "(1).real+2", "2**999999"])
def test_only_small_sums_are_worked_out(text: str) -> None:
    with pytest.raises(ValueError, match="sum"):
        evaluate(text)


def test_sums_are_exact() -> None:
    assert evaluate("0.1+0.2") == Fraction(3, 10)
    assert evaluate("-(2^10) ÷ 4") == -256


@given(st.text(max_size=200))
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@settings(max_examples=50)
@given(st.text(max_size=60), st.integers(1, 64))
def test_an_embedding_has_length_one_and_is_always_the_same(text: str, size: int) -> None:
    vector = embed(text, size)
    assert isinstance(vector, list)
    assert len(vector) == size
    assert sum(value * value for value in vector) == pytest.approx(1)
    assert vector == embed(text, size)


def test_ids_are_ulids_that_sort_by_time() -> None:
    random = Random(1)
    ids = [generation_id(float(second), random) for second in (1_700_000_000, 1_700_000_001, 1_800_000_000)]
    assert all(re.fullmatch(r"gen_[0-7][0-9A-HJKMNP-TV-Z]{25}", one) for one in ids)
    assert sorted(ids) == ids


SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}, {"a": "hm"}),
    ({"properties": {"n": {"type": "integer", "minimum": 3}}}, {"n": 3}),
    ({"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 2}, ["x", "x"]),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
    ({"$ref": "#/$defs/T", "$defs": {"T": {"type": "string", "maxLength": 1}}}, "h"),
    ({"type": ["boolean", "null"]}, False),
    ({"type": "number", "exclusiveMinimum": 4, "multipleOf": 5}, 5),
    ({"type": "string", "format": "date"}, "2026-01-01"),
    ({"const": 7}, 7),
]


@pytest.mark.parametrize(("schema", "value"), SCHEMAS)
def test_a_value_satisfies_its_schema(schema: dict[str, Any], value: Any) -> None:
    assert example(schema, "hm") == value


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}, "required": ["next"]}
    assert "next" in example({"$ref": "#/$defs/N", "$defs": {"N": node}}, "hm")


@pytest.mark.parametrize("name", COLOURS)
def test_a_named_colour_is_called_by_its_name(name: str) -> None:
    assert nearest_colour(COLOURS[name]) == name


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_described_from_its_bytes(kind: str) -> None:
    picture = Image.new("RGB", (120, 80), "white")
    picture.paste((220, 20, 30), (0, 0, 30, 80))
    out = io.BytesIO()
    picture.save(out, kind)
    said = describe(out.getvalue())
    assert said.startswith(f"a {kind} picture of 120 × 80 pixels, mostly white (7")
    assert "red (2" in said


@pytest.mark.parametrize("words", ["a red square", "a green triangle", "a purple circle"])
def test_what_is_drawn_has_the_colour_asked_for(words: str) -> None:
    assert words.split()[1] in describe(draw(words))


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(NoPicture):
        describe(b"\x89PNG\r\n\x1a\n and then nonsense")


def test_deaths_far_apart_are_forgiven_and_five_in_ten_seconds_are_not() -> None:
    deaths = Deaths()
    assert [deaths.add(now) for now in (0.0, 20.0, 21.0, 22.0, 23.0, 24.0)] == [0.1, 0.1, 0.2, 0.5, 1.0, None]
    assert deaths.add(60.0) == 0.1
