"""Time zones, as tools take them."""

from zoneinfo import ZoneInfo

from bot.errors import ToolFailed
from bot.zones import zone_called


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name, of a city or of an abbreviation. Raises `ToolFailed`."""
    if (called := zone_called(name)) is None:
        raise ToolFailed(f"unknown time zone {name.strip()[:60]!r}; use an IANA name such as Europe/Berlin")
    return ZoneInfo(called)
