"""Time zones by what people call them."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.errors import ToolFailed


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name, or of a city that one is named after. Raises `ToolFailed`."""
    plain = name.strip()
    try:
        return ZoneInfo(_by_city().get(plain.casefold().replace(" ", "_"), plain))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ToolFailed(f"unknown time zone {name!r}; use an IANA name such as Europe/Berlin") from error


@cache
def _by_city() -> dict[str, str]:
    """IANA names by their last part; a city whose name two zones share is left to its whole name."""
    found: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        area, slash, _rest = zone.partition("/")
        if slash and area not in ("Etc", "SystemV", "posix", "right"):
            found.setdefault(zone.rpartition("/")[2].casefold(), zone)
    return found
