"""Sums, units and times: right where they can be worked out, one sentence where they can't, and never for long."""

import time

import pytest

from bot.errors import ToolFailed
from bot.messages import Person, Place
from bot.tools.base import ToolContext
from bot.tools.calculate import evaluate, written
from bot.tools.convert_time import ConvertTime, convert_time
from bot.tools.convert_units import ConvertUnits, convert_units

HERE = ToolContext(1_790_000_000.0, Place("town", "w", "c"), Person("u1", "Ada"), "key")


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1/3", "0.333333333333333 (rounded) = 1/3"),
        ("2^10 × 3 − 1", "3,071"),
        ("15% of 80", "12"),
        ("1,000 * 5%", "50"),
        ("7 % 3", "1"),
        ("-2 ** 2", "-4"),
        ("sqrt(16) + sqrt(2)", "5.41421356237 (rounded)"),
        ("factorial(20)", "2,432,902,008,176,640,000"),
        ("log(100) + log(8, 2)", "5 (rounded)"),
        ("round(2.567, 2)", "2.57"),
        ("1 ** 10 ** 9 + (-1) ** 7", "0"),
    ],
)
def test_sums_are_exact_where_they_can_be(asked: str, value: str) -> None:
    assert written(evaluate(asked)) == value


@pytest.mark.parametrize(
    "hostile",
    [
        "9**9**9",
        "factorial(10**9)",
        "2 ** 11000 * 2 ** 11000",
        "(" * 140 + "2" + ")" * 140 + "**" + "9" * 10,
        "1e999",
        "exp(1e9)",
        "__import__('os').system('true')",
        "().__class__.__base__",
        "[1] * 10 ** 9",
        "'a' * 9",
        "True + 1",
        "lambda: 1",
        "max()",
        "sqrt(-1)",
        "(-8) ** (1/3)",
        "1 / 0",
        "",
    ],
)
def test_what_is_no_sum_or_too_large_is_refused_at_once(hostile: str) -> None:
    begun = time.process_time()
    with pytest.raises(ToolFailed):
        evaluate(hostile)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("value", "unit", "to", "told"),
    [
        (5, "km", "mile", "3.106855961 mile"),
        (20, "°C", "°F", "68 °F"),
        (100, "F", "C", "37.77777778 C"),
        (0, "C", "K", "273.15 K"),
        (1, "F*V", "C", "1 C"),
        (1, "GiB", "MB", "1073.741824 MB"),
        (60, "mile/hour", "km/h", "96.56064 km/h"),
        (1, "m²", "ft^2", "10.76391042 ft^2"),
    ],
)
async def test_units_are_converted(value: float, unit: str, to: str, told: str) -> None:
    assert (await convert_units(HERE, ConvertUnits(value=value, unit=unit, to=to))).endswith(f"= {told}")


@pytest.mark.parametrize(
    ("unit", "to", "why"),
    [
        ("kg", "m", "measure different things"),
        ("EUR", "USD", "currencies can't be converted"),
        ("m**999999999", "m", "can't be read as a unit"),
        ("m^9^9", "m", "can't be read as a unit"),
        ("9**9**9", "m", "can't be read as a unit"),
        ("__import__('os')", "m", "can't be read as a unit"),
    ],
)
async def test_what_is_no_unit_is_refused(unit: str, to: str, why: str) -> None:
    with pytest.raises(ToolFailed, match=why):
        await convert_units(HERE, ConvertUnits(value=1, unit=unit, to=to))


async def test_a_time_is_told_elsewhere_with_the_summer_time_of_its_day() -> None:
    winter = ConvertTime(time="2026-01-15 12:00", timezone="Berlin", to=["America/New_York", "new york"])
    march = ConvertTime(time="2026-03-15 12:00", timezone="Europe/Berlin", to=["America/New_York"])

    assert (await convert_time(HERE, winter)).splitlines()[1:] == [
        "- Thursday, 2026-01-15 06:00 (UTC-0500) in America/New_York",
        "- Thursday, 2026-01-15 06:00 (UTC-0500) in new york",
    ]
    assert "07:00 (UTC-0400)" in await convert_time(HERE, march)  # America is ahead of Europe by two weeks


async def test_times_that_a_clock_skips_or_shows_twice_are_told_so() -> None:
    skipped = ConvertTime(time="2026-03-29 02:30", timezone="Europe/Berlin", to=["UTC"])
    twice = ConvertTime(time="2026-10-25 02:30", timezone="Europe/Berlin", to=["UTC"])

    assert "there is no 02:30 on that day" in await convert_time(HERE, skipped)
    assert "2026-03-29 01:30" in await convert_time(HERE, skipped)
    assert "twice: this is the first" in await convert_time(HERE, twice)
    assert "2026-10-25 00:30" in await convert_time(HERE, twice)


async def test_unknown_zones_and_times_are_refused_by_name() -> None:
    with pytest.raises(ToolFailed, match="Mars"):
        await convert_time(HERE, ConvertTime(time="12:00", timezone="Mars/Olympus", to=["UTC"]))
    with pytest.raises(ToolFailed, match="noonish"):
        await convert_time(HERE, ConvertTime(time="noonish", timezone="UTC", to=["UTC"]))
