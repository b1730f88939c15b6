"""Simple sums, worked out exactly and within limits. Pure."""

import ast
import re
from decimal import Decimal
from fractions import Fraction

from bot.demo.questions import Question

_SUM = re.compile(r"[\d.()+\-*/^×÷−·\s]{3,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|[\d.\s]*")
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-"})
_LONGEST = 80
_LARGEST_POWER = 64


def computed(question: Question) -> str | None:
    """The first sum in the question and its value; None where there is none."""
    found = (match[0].strip().rstrip(".-").rstrip() for match in _SUM.finditer(question.head))
    for text in found:
        if len(text) > _LONGEST or _DATE.fullmatch(text):
            continue
        try:
            return f"{text} = **{_written(evaluate(text))}**"
        except ZeroDivisionError:
            return f"`{text}` divides by zero, so it has no value."
        except ValueError:
            continue
    return None


def evaluate(text: str) -> Fraction:
    """The value of a sum. Raises `ValueError` for anything else, and `ZeroDivisionError`."""
    try:
        tree = ast.parse(text.translate(_SIGNS).replace("^", "**").strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError("not a sum") from error
    return _value(tree.body)


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp):
        return _combined(node.op, _value(node.left), _value(node.right))
    raise ValueError("not a sum")


def _combined(operator: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.Pow() if right.denominator == 1 and abs(right) <= _LARGEST_POWER and abs(left) < 10**6:
            return left ** int(right)
    raise ValueError("not a sum that is worked out here")


def _written(value: Fraction) -> str:
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return f"{Decimal(value.numerator) / value.denominator:.10g}"
