"""What people are told about money: how much is left, when it begins anew, what costs less. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import ceil

from bot.messages import Level, Refusal, Whose

_CENT = Decimal("0.01")


def money(amount: Decimal) -> str:
    """US dollars as people write them; under a cent with two figures, so that little is not nothing."""
    if amount == 0:
        return "$0"
    if abs(amount) >= _CENT:
        return f"${amount.quantize(_CENT, ROUND_HALF_UP):,f}"
    places = 1 - amount.adjusted()
    return f"${round(amount, places).normalize():f}"


def resets(now: float) -> str:
    """When the day's limits begin anew."""
    here = datetime.fromtimestamp(now, UTC)
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = ceil((midnight - here).total_seconds() / 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"It resets at 00:00 UTC, in {left}."


def near(level: Level, now: float) -> str:
    """That a limit is nearly used."""
    share = int(level.used * 100 / level.limit)
    owner = "your" if level.whose is Whose.PERSON else "everybody's"
    return f"{share} % of {owner} {money(level.limit)} for today is used. {resets(now)}"


def refused(refusal: Refusal, cheaper: str | None, now: float) -> str:
    """Why a request is not made, when it may be again, and what could be asked instead."""
    level = refusal.level
    if level.limit == 0:
        whom = "for one person" if level.whose is Whose.PERSON else "here"
        return f"Nothing may be spent {whom}, so I can't answer. Only the operator can change that."
    said = [_never(refusal)] if refusal.wanted > level.limit else [_left(refusal), resets(now)]
    if cheaper is not None:
        said.append(f"`{cheaper}` costs less and still fits: press the button, or switch with `/model {cheaper}`.")
    return " ".join(said)


def _never(refusal: Refusal) -> str:
    """That no day has room for it, so that nobody waits for the next one."""
    limit, whom = refusal.level.limit, " for one person" if refusal.level.whose is Whose.PERSON else ""
    could = f"This answer could cost {money(refusal.wanted)}, and only {money(limit)} a day may be spent{whom}"
    return f"{could}. Choose a cheaper model with `/model`, or shorter answers with `/settings max_tokens 1000`."


def _left(refusal: Refusal) -> str:
    level = refusal.level
    mine = level.whose is Whose.PERSON
    owner = f"Your {money(level.limit)} for today" if mine else f"Everybody's {money(level.limit)} for today"
    left = level.limit - level.used
    if left <= 0:
        return f"{owner} is used up."
    return f"{owner} is nearly used up: {money(left)} is left, and this answer could cost {money(refusal.wanted)}."
