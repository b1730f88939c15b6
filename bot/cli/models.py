"""The catalogue as `gatepost models` prints it: in columns that fit a terminal. Pure."""

from collections.abc import Sequence

from bot.cli.output import table
from bot.commands.wording import abilities, price, thousands
from bot.messages import Model

HEAD = ("id", "context", "price", "can")
_SHORT = {
    "sees": "s",
    "reads files": "f",
    "hears": "h",
    "tools": "t",
    "reasons": "r",
    "draws": "d",
}
LEGEND = "can: " + ", ".join(f"{letter} {word}" for word, letter in _SHORT.items())
"""What the letters mean where there is no room for words."""


def listed(models: Sequence[Model], columns: int | None) -> str:
    """A row for each model: with words where so many columns hold them, else with letters and what they mean."""
    in_words = table(HEAD, [_row(model, ", ".join(_abilities(model))) for model in models])
    if columns is None or _widest(in_words) <= columns:
        return in_words
    in_letters = table(HEAD, [_row(model, " ".join(_letters(model))) for model in models])
    return f"{in_letters}\n{LEGEND}\n"


def _row(model: Model, can: str) -> tuple[str, str, str, str]:
    context = thousands(model.context_window) if model.context_window else "-"
    return model.id, context, price(model).removesuffix(" per M"), can or "-"


def _abilities(model: Model) -> tuple[str, ...]:
    """What a model can do, beginning with its type where it is not a language model, and a warning at the end."""
    kind = () if model.type == "language" else (model.type,)
    leaving = () if model.withdrawn_at is None else ("is about to be withdrawn",)
    return (*kind, *abilities(model), *leaving)


def _letters(model: Model) -> tuple[str, ...]:
    return tuple(_SHORT.get(word, word) for word in _abilities(model))


def _widest(text: str) -> int:
    return max(len(line) for line in text.splitlines())
