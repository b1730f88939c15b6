"""What was chosen, turned into what a request says: within what the model takes, and nothing it does not. Pure."""

from collections.abc import Mapping

from bot import preferences as chosen_by
from bot.messages import Model, Reasoning, Routing, Sampling, ServerTool
from bot.preferences import EFFORTS, Preference

Chosen = Mapping[str, str]
"""The values that are in force, by the preference's name."""

ON = "on"
OFF = "off"


def answer_limit(chosen: Chosen, otherwise: int, model: Model | None) -> int:
    """How many tokens the answer may have: what was chosen, or else, but no more than the model can."""
    wanted = int(chosen.get(chosen_by.MAX_TOKENS.name, otherwise))
    most = model.max_tokens if model is not None else None
    return wanted if most is None else min(wanted, most)


def sampling_of(chosen: Chosen, model: Model | None) -> Sampling:
    """How words are chosen. A model that lists its parameters gets those alone."""
    stop = _value(chosen, chosen_by.STOP, model)
    return Sampling(
        temperature=_number(chosen, chosen_by.TEMPERATURE, model),
        top_p=_number(chosen, chosen_by.TOP_P, model),
        frequency_penalty=_number(chosen, chosen_by.FREQUENCY_PENALTY, model),
        presence_penalty=_number(chosen, chosen_by.PRESENCE_PENALTY, model),
        stop=tuple(stop.split("|")) if stop else (),
    )


def reasoning_of(chosen: Chosen, model: Model | None) -> Reasoning | None:
    """How hard to think: of the efforts that the model offers the one nearest to what was chosen."""
    wanted = chosen.get(chosen_by.REASONING.name)
    if wanted is None or model is None or not model.reasons:
        return None
    offered = [effort for effort in model.reasoning_levels if effort in EFFORTS]
    if wanted == "none" and "none" not in offered:
        return Reasoning(enabled=False)
    if offered:
        wanted = min(offered, key=lambda effort: abs(EFFORTS.index(effort) - EFFORTS.index(wanted)))
    return Reasoning(wanted)


def routing_of(chosen: Chosen, asker: str) -> Routing:
    """By whom the request may be served. `asker` is the code of the person who asked, which is told on request."""
    return Routing(
        order=_names(chosen, chosen_by.PROVIDER_ORDER),
        only=_names(chosen, chosen_by.PROVIDER_ONLY),
        sort=chosen.get(chosen_by.SORT.name),
        zero_data_retention=chosen.get(chosen_by.ZERO_DATA_RETENTION.name) == ON,
        no_training=chosen.get(chosen_by.NO_TRAINING.name) == ON,
        user=asker if chosen.get(chosen_by.ATTRIBUTE_PEOPLE.name) == ON else None,
    )


def searches_of(chosen: Chosen, model: Model | None) -> tuple[ServerTool, ...]:
    """The search that the gateway runs for the model, if one was chosen and the model can ask for it."""
    engine = chosen.get(chosen_by.WEB_SEARCH.name, OFF)
    if engine == OFF or (model is not None and model.calls_tools is False):
        return ()
    return (ServerTool(f"vercel:{engine}_search"),)


def shows_thoughts(chosen: Chosen) -> bool:
    """Whether people want to see what the model thinks."""
    return chosen.get(chosen_by.SHOW_REASONING.name) == ON


def attributes_app(chosen: Chosen) -> bool:
    """Whether the gateway may know which program is asking."""
    return chosen.get(chosen_by.ATTRIBUTE_APP.name) == ON


def recaps(chosen: Chosen) -> bool:
    """Whether a recap stands in for what a conversation has outgrown."""
    return chosen.get(chosen_by.RECAP.name, ON) == ON


def _value(chosen: Chosen, preference: Preference, model: Model | None) -> str | None:
    taken = model is None or model.takes(preference.name) is not False
    return chosen.get(preference.name) if taken else None


def _number(chosen: Chosen, preference: Preference, model: Model | None) -> float | None:
    value = _value(chosen, preference, model)
    return None if value is None else float(value)


def _names(chosen: Chosen, preference: Preference) -> tuple[str, ...]:
    value = chosen.get(preference.name)
    return tuple(value.split(",")) if value else ()
