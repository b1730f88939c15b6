"""What was found, as models and people read it. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from bot.fencing import addresses_as_code, clean_name
from bot.messages import Hit, PlaceKind
from bot.search.wish import Found
from bot.store.words import Words, terms_in, words_of

SNIPPET = 240
"""Characters of a message that are shown."""

NOTHING = "Nothing was found."
ONLY_HERE = (
    "(Others read here, so only what all of them can read is listed. Anything else goes to the person who asked "
    "alone; it can be talked about in a direct message.)"
)
NO_CHANNEL = "There is no such channel, or you can't read it, or not everybody here can."

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_MARKUP = re.compile(r"([\\`*_~|\[\]()<>#])")


def for_model(found: Found, words: str, *, others_read: bool) -> str:
    """The messages that may be shown in the place, a paragraph each, and what the model has to know about them.

    Where others read along it says the same whether there is anything they may not see or not.
    """
    lines = [f"[{n}] {_entry(hit, found, words)}" for n, hit in enumerate(found.here, 1)]
    notes = (*found.notes, *([found.unordered] if found.unordered and len(lines) > 1 else []))
    return "\n".join([*(lines or [NOTHING]), *notes, *([ONLY_HERE] if others_read else [])])


def _entry(hit: Hit, found: Found, words: str) -> str:
    files = f" (files: {', '.join(map(clean_name, hit.files[:5]))})" if hit.files else ""
    link = f" {hit.link}" if hit.link else ""
    at = f"{datetime.fromtimestamp(hit.sent_at, UTC):%Y-%m-%d %H:%M} UTC"
    said = snippet(hit.text, words, SNIPPET * 2)
    return f"{at}, {clean_name(hit.author.name)} in {where_of(hit, found)}:{link}\n{said}{files}"


def for_people(hits: Sequence[Hit], found: Found, words: str) -> str:
    """A list of messages in Markdown, in which nothing that others wrote is markup."""
    return "\n".join(_line(hit, found, words) for hit in hits)


def _line(hit: Hit, found: Found, words: str) -> str:
    there: tzinfo = ZoneInfo(found.zone) if found.zone else UTC
    at = datetime.fromtimestamp(hit.sent_at, there)
    when = f"{at.day} {at:%b %Y, %H:%M}" + ("" if found.zone else " UTC")
    files = f" (files: {plain(', '.join(map(clean_name, hit.files[:5])))})" if hit.files else ""
    link = f" [open]({hit.link})" if hit.link else ""
    said = plain(snippet(hit.text, words, SNIPPET))
    return (
        f"- **{plain(clean_name(hit.author.name))}** in {plain(where_of(hit, found))}, {when}: {said}{files}{link}"
    )


def where_of(hit: Hit, found: Found) -> str:
    """What people call the place in which a message stands."""
    place = hit.place
    if place.kind is PlaceKind.DM:
        return "a direct message"
    own = found.names.get(place.key)
    channel = own or found.names.get(place.parent.key)
    thread = "a thread of " if place.thread is not None and own is None else ""
    if channel is None:
        return "a thread here" if thread else "this channel"
    return f"{thread}#{clean_name(channel)}"


def snippet(text: str, words: str, most: int) -> str:
    """A text on one line; of a long one the part that holds most of what was asked for first."""
    line = " ".join(_HIDDEN.sub(" ", text).split())
    if len(line) <= most:
        return line
    start = max(0, min(_first(line, terms_in(words)) - most // 4, len(line) - most))
    cut = line[start : start + most].strip()
    return f"{'…' if start else ''}{cut}{'…' if start + most < len(line) else ''}"


def _first(line: str, terms: Sequence[Words]) -> int:
    """Where the first word stands that was asked for."""
    wanted = {word for term in terms for word in (*term.words, *term.letters)}
    for found in re.finditer(r"\S+", line):
        said = words_of(found.group())
        if any(one.startswith(word) for one in (*said.words, *said.letters) for word in wanted):
            return found.start()
    return 0


def plain(text: str) -> str:
    """Words in which nothing is markup: no picture, no heading, and no link, for a model may have made its address
    of what it had read."""
    return addresses_as_code(text, lambda words: _MARKUP.sub(r"\\\1", words))
