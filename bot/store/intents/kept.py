"""Everything that is kept about people: told to them, forgotten when they ask, let go with time. One tuple.

Whoever adds a table in which people's words or names stand adds an entry here, or a line to `EXEMPT`.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import Connection

from bot.store.intents.keeping import Kept, Theirs
from bot.store.intents.kept_acts import FEEDBACK, POLLS, REMINDERS, SETTINGS, USAGE, VOTES
from bot.store.intents.kept_page import PAGE
from bot.store.intents.kept_recorded import RECORDED
from bot.store.intents.kept_summaries import SUMMARIES
from bot.store.intents.kept_words import ANSWERS, MESSAGES, QUESTIONS

KEPT: tuple[Kept, ...] = (
    SETTINGS,
    REMINDERS,
    SUMMARIES,
    PAGE,
    MESSAGES,
    QUESTIONS,
    ANSWERS,
    RECORDED,
    POLLS,
    VOTES,
    FEEDBACK,
    USAGE,
)
"""In the order in which it is taken away: what is found by somebody's messages goes before them."""

EXEMPT: Mapping[str, str] = MappingProxyType(
    {
        "secrets": "random keys of this installation; they say nothing of anybody",
        "recordings": "which channels are recorded; no words, no person",
        "backfills": "how far their history was read; no words, no person",
        "index_marks": "how far our conversations are indexed",
        "conversations": "places and counters; ids of places stay, and people are told so",
        "presence": "how long we listened to a platform",
        "erasures": "requests to forget somebody; each goes the day after it was carried out",
        "page_events": "what was done on the page, blank once it is handed over, which takes a moment",
        "page_keys": "digests of keys that open the page; they name nobody and end by themselves",
    }
)
"""Tables without an entry, and why."""


def counted(conn: Connection, theirs: Theirs) -> Mapping[str, int]:
    """How much of each kind is kept, by the name of its entry. May take long."""
    return {kept.name: kept.count(conn, theirs) for kept in entries_for(theirs)}


def entries_for(theirs: Theirs) -> Sequence[Kept]:
    """What is looked at for this person: in one place only what stands in a place."""
    return tuple(kept for kept in KEPT if kept.placed or theirs.within is None)
