"""What to know of a choice before it is kept: that it can't be, or that it does nothing here."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.commands.choosing import DEFAULT
from bot.commands.imagine import checked
from bot.errors import CommandRefused
from bot.ports import Gateway
from bot.preferences import (
    IMAGE_MODEL,
    NO_TRAINING,
    PROVIDER_ONLY,
    PROVIDER_ORDER,
    SORT,
    WEB_SEARCH,
    ZERO_DATA_RETENTION,
    Preference,
)
from bot.store.intents.settings import Chosen

_NO_PRIVACY = "This AI service can promise no privacy, so nothing is answered while this is on."
_NO_ROUTING = "This AI service does not choose between providers, so this changes nothing here."
_ONLY_ROUTED: Mapping[str, str] = MappingProxyType(
    {
        WEB_SEARCH.name: "This AI service does not search the web, so this changes nothing here.",
        ZERO_DATA_RETENTION.name: _NO_PRIVACY,
        NO_TRAINING.name: _NO_PRIVACY,
        PROVIDER_ORDER.name: _NO_ROUTING,
        PROVIDER_ONLY.name: _NO_ROUTING,
        SORT.name: _NO_ROUTING,
    }
)


def check(gateway: Gateway, preference: Preference, typed: str) -> str:
    """What to keep of what was typed. Raises CommandRefused for a model that can't be what it is chosen for."""
    if preference is not IMAGE_MODEL or typed.lower() == DEFAULT:
        return typed
    try:
        return checked(gateway, typed)
    except CommandRefused as error:
        raise CommandRefused(f"{error.said} Nothing was changed.") from error


def caution(gateway: Gateway, preference: Preference, chosen: Mapping[str, Chosen]) -> str:
    """What a choice does here that nobody would expect; empty where it does what it says."""
    choice = chosen.get(preference.name)
    if gateway.routes or choice is None or choice.value == "off" or preference.name not in _ONLY_ROUTED:
        return ""
    return f"⚠ {_ONLY_ROUTED[preference.name]}"
