"""Works out sums exactly where that is possible, without ever running what it is given."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, Field

from bot.errors import ToolFailed
from bot.tools.base import Tool, ToolContext

Number: TypeAlias = Fraction | float

_LONGEST: Final = 300
_MOST_BITS: Final = 12_000
"""Of a numerator or denominator: some 3,600 digits."""

_MOST_FACTORIAL: Final = 1_000
_SIGNS: Final = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "~", "’": None, "_": None})
_PERCENT_OF: Final = re.compile(r"%\s*of\b", re.I)
_PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?|\))\s*%(?!\s*[\d(])")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_CONSTANTS: Final[Mapping[str, float]] = {"pi": math.pi, "π": math.pi, "e": math.e, "tau": math.tau}


class Calculate(BaseModel):
    """Work out a sum exactly. Use it for every calculation beyond the simplest.

    Takes + - * / // % ^ or **, parentheses, "15% of 80", pi and e, and abs, ceil, cos, degrees, exp, factorial,
    floor, gcd, hypot, lcm, ln, log (base ten, or log(x, base)), log2, max, min, radians, round, sin, sqrt, tan.
    """

    expression: str = Field(description="Such as (3 + 4.5) * 2 ^ 10 or sqrt(2).", max_length=_LONGEST)


async def calculate(_context: ToolContext, arguments: Calculate) -> str:
    """The sum and its value."""
    return f"{arguments.expression} = {written(evaluate(arguments.expression))}"


def evaluate(text: str) -> Number:
    """The value of a sum. Raises `ToolFailed` for anything else, and for what would be too large."""
    plain = _THOUSANDS.sub("", text.translate(_SIGNS)).replace("~", "**")
    plain = _PERCENT.sub(r"\1/100", _PERCENT_OF.sub("/100*", plain))
    try:
        tree = ast.parse(plain.strip(), mode="eval")
        return _value(tree.body)
    except ZeroDivisionError as error:
        raise ToolFailed("this divides by zero, so it has no value") from error
    except OverflowError as error:
        raise _too_large() from error
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise ToolFailed("this is no sum that can be worked out; write it with numbers, + - * / ^ ( )") from error


def written(value: Number) -> str:
    """A value as people read it; where its digits do not end, how it goes on is said."""
    if isinstance(value, float):
        return f"{value:.12g} (rounded)"
    if value.denominator == 1:
        return f"{value.numerator:,}"
    with localcontext() as context:
        context.prec = 30
        quotient = Decimal(value.numerator) / value.denominator
    if Fraction(quotient) == value:
        return f"{quotient.normalize():,f}" if abs(quotient.adjusted()) < 40 else f"{quotient:e}"
    short = f" = {value.numerator:,}/{value.denominator:,}" if value.denominator < 10_000 else ""
    return f"{quotient:.15g} (rounded){short}"


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=bool()):
            raise ValueError("no number")
        case ast.Constant(value=int(number)):
            return _bounded(Fraction(number))
        case ast.Constant(value=float(number)):
            return _bounded(Fraction(repr(number)))
        case ast.Name(id=name) if name.lower() in _CONSTANTS:
            return _CONSTANTS[name.lower()]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=sign, right=right):
            return _bounded(_combined(sign, _value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name.lower() in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name.lower()](*(_value(one) for one in args)))
    raise ValueError("not a sum")


def _combined(sign: ast.operator, left: Number, right: Number) -> Number:
    if isinstance(sign, ast.Pow):
        return _power(left, right)
    known = _OPERATORS.get(type(sign))
    if known is None:
        raise ValueError("not a sum")
    return known(left, right)


def _power(base: Number, exponent: Number) -> Number:
    """A power, whose size is looked at before it is worked out."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        if _bits(base) * abs(exponent) > _MOST_BITS and abs(base) != 1 and base != 0:
            raise _too_large()
        return Fraction(base ** int(exponent if abs(base) != 1 else exponent % 2))
    result: float | complex = float(base) ** float(exponent)
    if isinstance(result, complex):
        raise ValueError("no real number")
    return result


def _root(value: Number) -> Number:
    if isinstance(value, Fraction) and value >= 0:
        over, under = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if over * over == value.numerator and under * under == value.denominator:
            return Fraction(over, under)
    return math.sqrt(value)


def _factorial(value: Number) -> Number:
    if value > _MOST_FACTORIAL:
        raise _too_large()
    return Fraction(math.factorial(_whole(value)))


def _whole(value: Number) -> int:
    if value != int(value):
        raise ValueError("not a whole number")
    return int(value)


def _log(value: Number, base: Number | None = None) -> float:
    return math.log10(value) if base is None else math.log(value, base)


def _round(value: Number, digits: Number = Fraction(0)) -> Number:
    return Fraction(round(Fraction(value), max(-50, min(50, _whole(digits)))))


def _exactly(function: Callable[..., int]) -> Callable[..., Number]:
    return lambda *values: Fraction(function(*map(_whole, values)))


_OPERATORS: Final[Mapping[type[ast.operator], Callable[[Any, Any], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda left, right: Fraction(left // right),
    ast.Mod: operator.mod,
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Number]]] = {
    "abs": abs,
    "ceil": lambda value: Fraction(math.ceil(value)),
    "cos": math.cos,
    "degrees": math.degrees,
    "exp": math.exp,
    "factorial": _factorial,
    "floor": lambda value: Fraction(math.floor(value)),
    "gcd": _exactly(math.gcd),
    "hypot": math.hypot,
    "lcm": _exactly(math.lcm),
    "ln": lambda value: math.log(value),
    "log": _log,
    "log2": math.log2,
    "max": max,
    "min": min,
    "radians": math.radians,
    "round": _round,
    "sin": math.sin,
    "sqrt": _root,
    "tan": math.tan,
}


def _bounded(value: Number) -> Number:
    if isinstance(value, Fraction):
        if _bits(value) > _MOST_BITS:
            raise _too_large()
    elif not math.isfinite(value):
        raise _too_large()
    return value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _too_large() -> ToolFailed:
    return ToolFailed("the result, or something on the way to it, is too large to be worked out")


CALCULATE = Tool(name="calculate", label="calculate exactly", arguments=Calculate, run=calculate)
