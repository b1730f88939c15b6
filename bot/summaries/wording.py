"""A digest as people read it: in Markdown, each point with links to its messages. Pure.

What the model wrote is plain text here: it can make no link, call nobody, and hide nothing. Links are ours.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from bot.fencing import addresses_as_code, clean_name
from bot.messages import Digest, Place, Point, Reference, Summarised
from bot.ports import LinksMessages, offers

Link = Callable[[Place, str], str | None]

_MARKUP = re.compile(r"[\\`*_~|\[\]<]")
_CALL = re.compile(r"@(?=\w)")
_JOINER = "\u2060"  # invisible: what it parts calls nobody
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """Text that means itself, whatever stands in it: addresses are shown as code, which nobody follows."""
    return addresses_as_code(_UNSEEN.sub("", text), _literal)


def _literal(text: str) -> str:
    return _CALL.sub(f"@{_JOINER}", _MARKUP.sub(lambda found: f"\\{found.group()}", text))


def whole(made: Summarised, place: Place, adapter: object) -> str:
    """A summary of what was said in a place, and below it of how many messages it is."""
    link = adapter.link if offers(adapter, LinksMessages) else _no_address
    return f"{written(made.digest, place, link)}\n\n*{about(made)}*"


def _no_address(_place: Place, _message_id: str) -> None:
    """Nothing here has an address."""


def written(digest: Digest, place: Place, link: Link) -> str:
    """The whole digest of what was said in a place."""
    blocks = [plain(digest.overview)]
    for heading, points, named in (
        ("Who said what", digest.said, True),
        ("Decided", digest.decisions, False),
        ("Open", digest.open, False),
    ):
        if points:
            lines = "\n".join(_line(point, place, link, named=named) for point in points)
            blocks.append(f"**{heading}**\n{lines}")
    return "\n\n".join(blocks)


def _line(point: Point, place: Place, link: Link, *, named: bool) -> str:
    who = f"**{plain(clean_name(point.sources[0].person.name))}:** " if named else ""
    links = "".join(f" [↗]({address})" for address in _addresses(point.sources, place, link))
    return f"- {who}{plain(point.text)}{links}"


def _addresses(sources: Sequence[Reference], place: Place, link: Link) -> Iterator[str]:
    for one in sources:
        address = link(place.parent if one.in_channel else place, one.message_id)
        if address is not None:
            yield address


def about(made: Summarised) -> str:
    """Of how many messages a summary is, and from when."""
    messages = "1 message" if made.count == 1 else f"{made.count:,} messages"
    days = dict.fromkeys(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in (made.first_at, made.last_at))
    newest = "the newest " if made.newest_only else ""
    return f"Of {newest}{messages}, {' to '.join(days)} (UTC)."


TOGETHER = "putting it together…"


def progress(done: int, parts: int) -> str:
    """How far a long one has come."""
    return f"summarising… {done} of {parts} parts" if parts > 1 else "summarising…"


def reading(count: int) -> str:
    """How much was read so far."""
    return f"reading… {count:,} messages"
