"""Converts between units of measurement."""

import asyncio
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field

from bot.errors import ToolFailed
from bot.tools.base import Tool, ToolContext

if TYPE_CHECKING:
    from pint import UnitRegistry

_UNIT: Final = re.compile(r"[A-Za-zµμΩ°ℓ²³%][A-Za-zµμΩ°ℓ²³%\d\s*/^()_·-]{0,59}")
_LARGE_POWER: Final = re.compile(r"\d\d|(?:\^|\*\*)\s*-?\s*\d\s*(?:\^|\*)")
_DEGREES: Final = {
    **dict.fromkeys(("F", "°F", "degF", "fahrenheit", "Fahrenheit"), "degF"),
    **dict.fromkeys(("C", "°C", "degC", "celsius", "Celsius"), "degC"),
    **dict.fromkeys(("K", "kelvin", "Kelvin"), "kelvin"),
}
_CURRENCY: Final = re.compile(
    r"usd|eur|gbp|jpy|chf|cny|inr|aud|cad|nzd|sek|nok|dkk|pln|brl|krw|try|dollars?|euros?|pounds?|yen|rupees?",
    re.I,
)
_SIGNS: Final = str.maketrans({"^": "**", "·": "*", "²": "**2", "³": "**3", "ℓ": "L"})


class ConvertUnits(BaseModel):
    """Convert a quantity to another unit: lengths, weights, volumes, temperatures, speeds, data, energy, ….

    It knows no currencies: their rates change.
    """

    value: float = Field(allow_inf_nan=False)
    unit: str = Field(description="Such as km, lb, degF, mile/hour, GiB, kWh.", max_length=60)
    to: str = Field(description="The unit wanted, written the same way.", max_length=60)


async def convert_units(_context: ToolContext, arguments: ConvertUnits) -> str:
    """The quantity in both units."""
    return await asyncio.to_thread(_converted, arguments)


def _converted(asked: ConvertUnits) -> str:
    import pint

    registry = _registry()
    try:
        unit, to = _degrees(_plain(asked.unit), _plain(asked.to))
        given = registry.Quantity(asked.value, registry.parse_units(unit))
        found = given.to(registry.parse_units(to))
    except pint.UndefinedUnitError as error:
        if _CURRENCY.fullmatch(asked.unit.strip()) and _CURRENCY.fullmatch(asked.to.strip()):
            raise ToolFailed("currencies can't be converted here: their rates change") from error
        raise ToolFailed(f"unknown unit: {error}; write it out in English") from error
    except pint.DimensionalityError as error:
        raise ToolFailed(f"{asked.unit} can't become {asked.to}: they measure different things") from error
    except (pint.PintError, ValueError, ArithmeticError, TypeError, AttributeError, RecursionError) as error:
        raise ToolFailed(f"{asked.unit} and {asked.to} can't be read as units") from error
    return f"{asked.value:g} {asked.unit} = {found.magnitude:.10g} {asked.to}"


def _plain(unit: str) -> str:
    """A unit as the library reads it. Raises `ToolFailed` for what is none, sums above all."""
    text = unit.strip()
    if not _UNIT.fullmatch(text) or _LARGE_POWER.search(text):
        raise ToolFailed(f"{unit!r} can't be read as a unit")
    return text.translate(_SIGNS)


def _degrees(unit: str, to: str) -> tuple[str, str]:
    """Two units that are both short for a temperature; else F is a farad and C a coulomb."""
    meant = _DEGREES.get(unit), _DEGREES.get(to)
    return (meant[0], meant[1]) if meant[0] and meant[1] else (unit, to)


@cache
def _registry() -> "UnitRegistry[float]":
    # Made when first needed: reading a thousand units takes a moment.
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


CONVERT_UNITS = Tool(name="convert_units", label="convert units", arguments=ConvertUnits, run=convert_units)
