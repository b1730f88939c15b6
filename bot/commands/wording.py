"""How models are described to people. Pure."""

from decimal import Decimal

from bot.messages import Model


def describe(model: Model) -> str:
    """A model in one line: `id · 200k context · $1 / $5 per M · sees, reads files, tools`."""
    parts = [model.id]
    if model.context_window:
        parts.append(f"{_thousands(model.context_window)} context")
    parts.append(price(model))
    if able := abilities(model):
        parts.append(", ".join(able))
    return " · ".join(parts)


def price(model: Model) -> str:
    """US dollars for a million tokens in and out."""
    if model.input_price is None or model.output_price is None:
        return "price not published"
    into, out = Decimal(model.input_price) * 1_000_000, Decimal(model.output_price) * 1_000_000
    if not into and not out:
        return "free"
    return f"${into.normalize():f} / ${out.normalize():f} per M"


def abilities(model: Model) -> tuple[str, ...]:
    """What a model is known to do."""
    known = (
        ("sees", model.sees),
        ("reads files", model.reads_files),
        ("tools", model.calls_tools),
        ("reasons", model.reasons),
    )
    return tuple(word for word, able in known if able)


def _thousands(count: int) -> str:
    return f"{count // 1000}k" if count < 1_000_000 else f"{count / 1_000_000:.3g}M"
