"""How models are described to people. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from bot.messages import Ability, Model, ModelDetails, Provider

LABEL_LIMIT = 100
"""Characters; no platform's suggestions may be longer."""

_CAN = {
    Ability.SEES: "sees",
    Ability.READS_FILES: "reads files",
    Ability.HEARS: "hears",
    Ability.CALLS_TOOLS: "tools",
    Ability.REASONS: "reasons",
    Ability.DRAWS: "draws",
}
_QUESTIONS = {
    Ability.SEES: "sees pictures",
    Ability.READS_FILES: "reads files",
    Ability.HEARS: "hears recordings",
    Ability.CALLS_TOOLS: "calls tools",
    Ability.REASONS: "reasons",
    Ability.DRAWS: "draws",
}
_ANSWERS = {True: "yes", False: "no", None: "unknown"}
_PROMISES = {"all": "all its providers", "some": "some of its providers", "none": "none of its providers"}


def describe(model: Model) -> str:
    """A model in one line: `id · 200k context · $1 / $5 per M · sees, reads files, tools`."""
    return " · ".join((model.id, *facts(model)))


def label(model: Model) -> str:
    """A model as it is suggested: as `describe`, by its name, and short enough for every platform."""
    told = " · ".join(facts(model))
    name = model.name or model.id
    room = max(LABEL_LIMIT - len(told) - 3, 20)
    shown = name if len(name) <= room else f"{name[: room - 1]}…"
    return f"{shown} · {told}"[:LABEL_LIMIT]


def facts(model: Model) -> Iterator[str]:
    """What there is to know of a model in a few words each: its window, its price, what it can, until when."""
    if model.context_window:
        yield f"{thousands(model.context_window)} context"
    yield price(model)
    if able := abilities(model):
        yield ", ".join(able)
    if model.withdrawn_at is not None:
        yield f"withdrawn on {_day(model.withdrawn_at)}"


def price(model: Model) -> str:
    """What it costs: US dollars for a million tokens in and out, or for a picture. Not published is not free."""
    into, out = per_million(model.input_price), per_million(model.output_price)
    if model.free or (into == out == "$0"):
        return "free"
    lowest = "from " if _grows(model) else ""
    if into and (out or model.type == "embedding"):
        return f"{lowest}{into} / {out} per M" if out else f"{lowest}{into} per M"
    if model.image_price is not None:
        return f"${Decimal(model.image_price).normalize():f} a picture"
    return "price not published"


def _grows(model: Model) -> bool:
    """Whether a longer prompt costs more for each token."""
    into, out = model.input_price, model.output_price
    return (into, out) != (model.peak_input_price or into, model.peak_output_price or out)


def per_million(cost: str | None) -> str | None:
    """The price of a million tokens, from that of one."""
    return None if cost is None else f"${(Decimal(cost) * 1_000_000).normalize():f}"


def abilities(model: Model) -> tuple[str, ...]:
    """What a model is known to do."""
    return tuple(word for ability, word in _CAN.items() if getattr(model, ability))


def thousands(count: int) -> str:
    """A number of tokens, short."""
    if count < 1000:
        return str(count)
    return f"{count // 1000}k" if count < 1_000_000 else f"{count / 1_000_000:.3g}M"


def at_length(details: ModelDetails) -> str:
    """Everything that is known of a model, as Markdown."""
    model = details.model
    head = f"**{model.name}** `{model.id}`" if model.name else f"`{model.id}`"
    lines = [head, *([model.description] if model.description else [])]
    lines += [f"- {line}" for line in _known(model)]
    if details.providers:
        lines += ["", "Provided by:", *(f"- {_provider(one)}" for one in details.providers)]
    return "\n".join(lines)


def _known(model: Model) -> Iterator[str]:
    if model.context_window:
        answer = f", answers with up to {model.max_tokens:,}" if model.max_tokens else ""
        yield f"Takes up to {model.context_window:,} tokens{answer}"
    yield f"Price: {price(model)}{_further_prices(model)}"
    if model.type == "language":
        yield "; ".join(f"{words}: {_ANSWERS[getattr(model, one)]}" for one, words in _QUESTIONS.items())
    else:
        yield f"Type: {model.type}"
    if model.reasoning_levels:
        yield f"Thinks as hard as it is asked to: {', '.join(model.reasoning_levels)}"
    if model.parameters is not None:
        yield f"Parameters: {', '.join(model.parameters) or 'none'}"
    yield from _promises(model)
    if model.knowledge:
        yield f"Knows the world up to {model.knowledge}"
    if model.withdrawn_at is not None:
        yield f"⚠ Withdrawn on {_day(model.withdrawn_at)}: choose another one"


def _further_prices(model: Model) -> str:
    peaks = (per_million(model.peak_input_price), per_million(model.peak_output_price))
    long = f", {peaks[0]} / {peaks[1]} for long prompts" if _grows(model) else ""
    cached = f", {per_million(model.cached_price)} for what is cached" if model.cached_price else ""
    search = f", ${model.search_price} for a thousand searches" if model.search_price else ""
    return f"{long}{cached}{search}"


def _promises(model: Model) -> Iterator[str]:
    if model.zdr:
        yield f"Nothing is kept by {_PROMISES.get(model.zdr, model.zdr)}"
    if model.no_training:
        yield f"Nothing is used for training by {_PROMISES.get(model.no_training, model.no_training)}"


def _provider(one: Provider) -> str:
    into, out = per_million(one.input_price), per_million(one.output_price)
    facts = (
        f"{thousands(one.context_window)} context" if one.context_window else "",
        f"{into} / {out} per M" if into and out else "",
        f"{one.uptime:.4g} % up" if one.uptime is not None else "",
        f"first word after {one.latency:.2g} s" if one.latency is not None else "",
        f"{one.throughput:.0f} tokens a second" if one.throughput is not None else "",
    )
    return ", ".join((one.name, *filter(None, facts)))


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
