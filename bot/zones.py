"""Time zones by what people call them: IANA names, cities, countries, abbreviations, offsets. Pure."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final
from zoneinfo import available_timezones

_OFFSET = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?00)?", re.I)
_TAIL = re.compile(r"\s+(?:standard |daylight |summer )?time$")

SHORT: Final[Mapping[str, str]] = {
    **dict.fromkeys(("z", "gmt", "utc"), "UTC"),
    **dict.fromkeys(("pst", "pdt", "pt"), "America/Los_Angeles"),
    **dict.fromkeys(("mst", "mdt"), "America/Denver"),
    **dict.fromkeys(("cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("est", "edt", "et"), "America/New_York"),
    **dict.fromkeys(("cet", "cest", "mez", "mesz"), "Europe/Berlin"),
    **dict.fromkeys(("eet", "eest"), "Europe/Athens"),
    **dict.fromkeys(("aest", "aedt"), "Australia/Sydney"),
    "bst": "Europe/London", "wet": "Europe/Lisbon", "msk": "Europe/Moscow", "ist": "Asia/Kolkata",
    "sgt": "Asia/Singapore", "hkt": "Asia/Hong_Kong", "jst": "Asia/Tokyo", "kst": "Asia/Seoul",
    "awst": "Australia/Perth", "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland", "hst": "Pacific/Honolulu",
}  # fmt: skip
"""What people write for the clock of a place, summer time or not; where several share one, the largest."""

_PLACES: Final[Mapping[str, str]] = {
    "pacific": "America/Los_Angeles", "mountain": "America/Denver", "central": "America/Chicago",
    "eastern": "America/New_York", "central european": "Europe/Berlin",
    **dict.fromkeys(("san francisco", "sf", "la", "seattle", "san diego", "california", "silicon valley",
                     "las vegas", "portland"), "America/Los_Angeles"),
    **dict.fromkeys(("houston", "dallas", "austin", "texas"), "America/Chicago"),
    **dict.fromkeys(("nyc", "boston", "washington", "washington dc", "miami", "atlanta", "philadelphia",
                     "florida"), "America/New_York"),
    **dict.fromkeys(("montreal", "ottawa"), "America/Toronto"),
    **dict.fromkeys(("rio", "rio de janeiro", "brasilia", "são paulo", "brazil"), "America/Sao_Paulo"),
    **dict.fromkeys(("uk", "england", "britain", "great britain", "scotland", "manchester", "edinburgh",
                     "oxford", "cambridge"), "Europe/London"),
    **dict.fromkeys(("germany", "munich", "münchen", "hamburg", "frankfurt", "cologne", "köln", "stuttgart",
                     "leipzig", "dresden"), "Europe/Berlin"),
    **dict.fromkeys(("france", "lyon", "marseille", "nice", "toulouse"), "Europe/Paris"),
    **dict.fromkeys(("spain", "barcelona", "valencia", "seville"), "Europe/Madrid"),
    **dict.fromkeys(("italy", "milan", "florence", "venice", "naples", "turin"), "Europe/Rome"),
    **dict.fromkeys(("switzerland", "geneva", "basel", "bern", "zürich"), "Europe/Zurich"),
    **dict.fromkeys(("netherlands", "holland", "rotterdam", "the hague"), "Europe/Amsterdam"),
    **dict.fromkeys(("poland", "kraków", "krakow"), "Europe/Warsaw"),
    **dict.fromkeys(("india", "delhi", "new delhi", "mumbai", "bombay", "bangalore", "bengaluru", "chennai",
                     "hyderabad", "pune"), "Asia/Kolkata"),
    **dict.fromkeys(("china", "beijing", "shenzhen", "guangzhou"), "Asia/Shanghai"),
    **dict.fromkeys(("japan", "osaka", "kyoto"), "Asia/Tokyo"),
    "austria": "Europe/Vienna", "ireland": "Europe/Dublin", "portugal": "Europe/Lisbon",
    "sweden": "Europe/Stockholm", "norway": "Europe/Oslo", "denmark": "Europe/Copenhagen",
    "finland": "Europe/Helsinki", "belgium": "Europe/Brussels", "greece": "Europe/Athens",
    "ukraine": "Europe/Kyiv", "korea": "Asia/Seoul", "south korea": "Asia/Seoul", "vietnam": "Asia/Ho_Chi_Minh",
    "thailand": "Asia/Bangkok", "abu dhabi": "Asia/Dubai", "tel aviv": "Asia/Jerusalem",
    "cape town": "Africa/Johannesburg", "new zealand": "Pacific/Auckland", "wellington": "Pacific/Auckland",
    "canberra": "Australia/Sydney", "hawaii": "Pacific/Honolulu",
}  # fmt: skip
"""Well-known places that no zone is named after."""


def zone_called(name: str) -> str | None:
    """The IANA name of the zone that is called so, however it is capitalised; None where there is none."""
    plain = _TAIL.sub("", " ".join(name.replace("_", " ").lower().split()))
    if (offset := _OFFSET.fullmatch(plain)) is not None:
        return _at_offset(offset[1], int(offset[2]))
    return SHORT.get(plain) or _PLACES.get(plain) or _by_name().get(plain)


def _at_offset(sign: str, hours: int) -> str | None:
    """A zone that is always so far from UTC; the IANA names of those count westwards."""
    if hours == 0:
        return "UTC"
    name = f"Etc/GMT{'-' if sign == '+' else '+'}{hours}"
    return name if name in available_timezones() else None


@cache
def _by_name() -> Mapping[str, str]:
    """IANA names by themselves and by their cities, the first of those that share one. Read from disk."""
    found: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        area, slash, _ = zone.partition("/")
        if slash and area not in ("SystemV", "posix", "right"):
            plain = zone.lower().replace("_", " ")
            found[plain] = zone
            if area != "Etc":
                found.setdefault(plain.rpartition("/")[2], zone)
    return found
