"""Looking into JSON that may hold anything: what is not there, or of another kind, is simply nothing."""

from decimal import Decimal, InvalidOperation

_MOST_PLACES = 30


def dig(value: object, *names: str) -> object:
    """What lies under these names, one inside the other; None where one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: object) -> str:
    """The string, or an empty one."""
    return value if isinstance(value, str) else ""


def items(value: object) -> list[object]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def digits(amount: object) -> str | None:
    """Money, from a number or a string, as plain decimal digits without an exponent; None for anything else."""
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        return None
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return None
    sensible = value.is_finite() and abs(value.adjusted()) < _MOST_PLACES
    return format(value, "f") if sensible else None
