"""Holds the limits of what may be spent against what an answer may cost: some let nobody through."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from bot.ledger.prices import ANSWER_TOKENS, most_for_turn
from bot.ledger.words import money
from bot.messages import Finding, Mark, Model
from bot.settings import Settings

_NAMES = ("BUDGET_PER_PERSON_PER_DAY", "BUDGET_PER_DAY")


def check_limits(settings: Settings, models: Sequence[str], known: Callable[[str], Model | None]) -> Finding:
    """One row. `models` may answer where nobody chose another, the default one first."""
    limits = dict(zip(_NAMES, (settings.budget_per_person_per_day, settings.budget_per_day), strict=True))
    least = min(((limit, name) for name, limit in limits.items() if limit is not None), default=None)
    if least is None:
        return Finding("limits", Mark.OK, "off: whatever is asked is paid for")
    limit, name = least
    if limit == 0:
        return Finding("limits", Mark.WARNING, f"{name} is 0, so nobody is answered. `off` is no limit.")
    most = max(most_for_turn(known(model), (), ANSWER_TOKENS) for model in models)
    model = known(models[0])
    if model is None or (model.output_price is None and not model.free):
        return Finding("limits", Mark.WARNING, _unpriced(models[0], most, limit))
    if most > limit:
        said = f"An answer may cost {money(most)}, and {name} is {money(limit)}, so nobody is answered. Raise it."
        return Finding("limits", Mark.FAULT, said)
    return Finding("limits", Mark.OK, f"{money(limit)} a day by {name}; an answer costs {money(most)} at most")


def _unpriced(model: str, most: Decimal, limit: Decimal) -> str:
    return (
        f"No price is listed for {model}, so an answer may count as {money(most)}, and {int(limit / most)} fill "
        f"a day. If it costs nothing, set {' and '.join(_NAMES)} to off."
    )
