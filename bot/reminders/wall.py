"""Between the clock on the wall and the instant, summer time included. Pure.

A time that the wall clock skips in spring is put off by as much as was skipped (02:30 becomes 03:30); of a time
that it shows twice in autumn the first counts.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def instant_of(wall: datetime, zone: ZoneInfo) -> float:
    """Seconds since the epoch at which the wall clock there shows this."""
    return wall.replace(tzinfo=zone, fold=0).timestamp()


def wall_of(instant: float, zone: ZoneInfo) -> datetime:
    """What the wall clock there shows at this instant, without its offset."""
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).replace(tzinfo=None, fold=0)


def is_skipped(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall clock there never shows this."""
    return wall_of(instant_of(wall, zone), zone) != wall


def is_doubled(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall clock there shows this twice."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return not is_skipped(wall, zone) and first != second


def offset_at(instant: float, zone: ZoneInfo) -> str:
    """How far the clock there is from UTC at this instant: `UTC+1`, `UTC-3:30`."""
    offset = datetime.fromtimestamp(instant, zone).utcoffset() or timedelta()
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02d}" if minutes else "") if offset else "UTC"
