"""What people did and chose: reminders, polls, votes, ratings, settings, and what their answers cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, or_, select, update

from bot.messages import Occurrence, Place, PlaceKind, Poll, Reminder
from bot.store.codec import load, load_or_skip
from bot.store.intents.accounts import day_of, dollars
from bot.store.intents.keeping import AT_A_TIME, Kept, Record, Taken, Theirs, when
from bot.store.intents.reminders import forget_reminders, tidy_reminders
from bot.store.intents.rows import count
from bot.store.schema import (
    conversations,
    feedback,
    items,
    occurrences,
    polls,
    reminders,
    settings,
    spent,
    usage,
    votes,
)

# --- settings ------------------------------------------------------------------------------------


def _own(conn: Connection, theirs: Theirs) -> ColumnElement[bool]:
    """What holds for somebody alone, and for where they talk with us alone."""
    return settings.c.scope.in_((theirs.person, *_dms(conn, theirs)))


def _chosen(conn: Connection, theirs: Theirs) -> ColumnElement[bool]:
    """That, and what they chose for others."""
    return or_(_own(conn, theirs), settings.c.person == theirs.person)


def _dms(conn: Connection, theirs: Theirs) -> tuple[str, ...]:
    said = select(items.c.conversation).where(items.c.person == theirs.person).distinct()
    rows = conn.scalars(select(conversations.c.place).where(conversations.c.key.in_(said)))
    places = (load(Place, place) for place in rows)
    return tuple({key for one in places if one.kind is PlaceKind.DM for key in (one.key, one.parent.key)})


def count_settings(conn: Connection, theirs: Theirs) -> int:
    """How many settings there are."""
    return count(conn, settings, _chosen(conn, theirs))


def export_settings(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The settings."""
    for row in conn.execute(select(settings).where(_chosen(conn, theirs)).order_by(settings.c.name)):
        told = {"for": row.scope, "name": row.name, "value": row.value, "chosen_at": when(row.at)}
        told |= {"used_where_others_read": True} if row.aloud else {}
        yield {name: value for name, value in told.items() if value is not None}


def forget_settings(conn: Connection, theirs: Theirs) -> Taken:
    """Their own go back to the defaults; those for others lose the name of who chose them."""
    gone = conn.execute(delete(settings).where(_own(conn, theirs))).rowcount
    nobody = {"person": None, "person_name": None}
    named = conn.execute(update(settings).where(settings.c.person == theirs.person).values(**nobody))
    return Taken(gone + named.rowcount)


SETTINGS = Kept(
    "settings",
    "settings you made for yourself and our direct messages, and your name on those you made for others",
    ("settings",),
    count_settings,
    export_settings,
    forget_settings,
    None,
    stays="settings you made for channels and workspaces, without your name: they hold for everybody there",
)

# --- reminders -----------------------------------------------------------------------------------


def count_reminders(conn: Connection, theirs: Theirs) -> int:
    """How many reminders are kept."""
    return count(conn, reminders, reminders.c.owner == theirs.person)


def export_reminders(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The reminders, with when each was told."""
    mine = select(reminders).where(reminders.c.owner == theirs.person).order_by(reminders.c.number)
    for row in conn.execute(mine).all():
        one = load_or_skip(Reminder, row.body, row.id)
        if one is not None:
            told = conn.scalars(select(occurrences.c.body).where(occurrences.c.reminder_id == row.id))
            yield _as_reminder(one, [load(Occurrence, body) for body in told])


def _as_reminder(one: Reminder, told: list[Occurrence]) -> Record:
    """Without others' words, and what a model made of them: its owner may not read them any more."""
    theirs = one.own or one.made_in.kind is PlaceKind.DM
    record = {
        "number": one.number,
        "text": one.text if theirs else None,
        "about": one.about,
        "next": when(one.due_at),
        "zone": one.zone,
        "repeats": one.rule,
        "made_in": one.made_in.key,
        "told": [{"due": when(each.due_at), "answered": each.answer} for each in told],
    }
    return {name: value for name, value in record.items() if value not in (None, "", [])}


def forget_all_reminders(conn: Connection, theirs: Theirs) -> Taken:
    """All of them go, those to come as well."""
    gone = count_reminders(conn, theirs)
    forget_reminders(conn, theirs.person)
    return Taken(gone)


def expire_reminders(conn: Connection, before: float) -> Taken:
    """Those of which nothing more comes, and that ended before then."""
    gone = count(conn, reminders, reminders.c.ended_at < before)
    tidy_reminders(conn, before)
    return Taken(gone)


REMINDERS = Kept(
    "reminders",
    "your reminders, those to come as well",
    ("reminders", "occurrences"),
    count_reminders,
    export_reminders,
    forget_all_reminders,
    expire_reminders,
)

# --- polls ---------------------------------------------------------------------------------------


def _polls(theirs: Theirs) -> ColumnElement[bool]:
    return polls.c.person == theirs.person


def count_polls(conn: Connection, theirs: Theirs) -> int:
    """How many polls are kept."""
    return count(conn, polls, _polls(theirs))


def export_polls(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The polls, without what others voted."""
    for row in conn.execute(select(polls).where(_polls(theirs)).order_by(polls.c.closes_at)):
        poll = load(Poll, row.body)
        place = load(Place, row.place).key
        yield {"question": poll.question, "choices": poll.choices, "closes_at": when(poll.closes_at), "in": place}


def forget_polls(conn: Connection, theirs: Theirs) -> Taken:
    """Open ones end with it: nobody can vote in them any more."""
    return _drop_polls(conn, _polls(theirs))


def expire_polls(conn: Connection, before: float) -> Taken:
    """Those that closed before then."""
    return _drop_polls(conn, polls.c.closes_at < before)


def _drop_polls(conn: Connection, which: ColumnElement[bool]) -> Taken:
    gone = conn.scalars(select(polls.c.id).where(which).limit(AT_A_TIME)).all()
    conn.execute(delete(votes).where(votes.c.poll_id.in_(gone)))
    conn.execute(delete(polls).where(polls.c.id.in_(gone)))
    return Taken(len(gone))


POLLS = Kept(
    "polls", "polls you asked for", ("polls", "votes"), count_polls, export_polls, forget_polls, expire_polls
)

# --- what stands in a table of its own, a row a person and thing ---------------------------------


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table in which a row is one thing a person did; `told` says it in an export."""

    table: Table
    person: Column[str]
    at: Column[float]
    told: Callable[[Any], Record]

    def count(self, conn: Connection, theirs: Theirs) -> int:
        return count(conn, self.table, self._mine(theirs))

    def export(self, conn: Connection, theirs: Theirs) -> Iterator[Record]:
        rows = conn.execute(select(self.table).where(self._mine(theirs)).order_by(self.at))
        return (self.told(row) for row in rows)

    def forget(self, conn: Connection, theirs: Theirs) -> Taken:
        return Taken(conn.execute(delete(self.table).where(self._mine(theirs))).rowcount)

    def expire(self, conn: Connection, before: float) -> Taken:
        return Taken(conn.execute(delete(self.table).where(self.at < before)).rowcount)

    def _mine(self, theirs: Theirs) -> ColumnElement[bool]:
        return and_(self.person == theirs.person, self.at <= theirs.until)


_VOTES = _Rows(
    votes, votes.c.person, votes.c.at, lambda row: {"poll": row.poll_id, "choice": row.choice, "at": when(row.at)}
)
VOTES = Kept("votes", "your votes in polls", ("votes",), _VOTES.count, _VOTES.export, _VOTES.forget, None)

_FEEDBACK = _Rows(
    feedback,
    feedback.c.person,
    feedback.c.at,
    lambda row: {"answer": row.turn_id, "rating": row.rating, "model": row.model, "at": when(row.at)},
)
FEEDBACK = Kept(
    "ratings",
    "your ratings of answers",
    ("feedback",),
    _FEEDBACK.count,
    _FEEDBACK.export,
    _FEEDBACK.forget,
    _FEEDBACK.expire,
)

# --- money ---------------------------------------------------------------------------------------


def _used(theirs: Theirs) -> ColumnElement[bool]:
    return and_(usage.c.person == theirs.person, usage.c.at <= theirs.until)


def count_usage(conn: Connection, theirs: Theirs) -> int:
    """How many requests are kept under somebody's name."""
    return count(conn, usage, _used(theirs))


def export_usage(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """What each request cost, oldest first."""
    for row in conn.execute(select(usage).where(_used(theirs)).order_by(usage.c.at)):
        yield {
            "at": when(row.at),
            "model": row.model,
            "channel": row.channel,
            "dollars": f"{dollars(row.amount).normalize():f}",
            "play_money": bool(row.play),
            "state": row.state,
            "tokens": {"prompt": row.prompt_tokens, "answer": row.completion_tokens, "cached": row.cached_tokens},
        }


def forget_usage(conn: Connection, theirs: Theirs) -> Taken:
    """Take the name off what was spent before today; today's keeps it, as the limit counts it."""
    mine = and_(_used(theirs), usage.c.day < day_of(theirs.now))
    return _without_names(conn, mine, and_(spent.c.scope == theirs.person, spent.c.day < day_of(theirs.now)))


def expire_usage(conn: Connection, before: float) -> Taken:
    """Take the names off what was spent before then."""
    named = and_(usage.c.person != "", usage.c.at < before)
    return _without_names(conn, named, and_(spent.c.scope != "", spent.c.day < day_of(before)))


def _without_names(conn: Connection, which: ColumnElement[bool], days: ColumnElement[bool]) -> Taken:
    """The amounts stay, for the limits and the bill; a place in which two talk alone would name one of them."""
    rows = conn.execute(select(usage.c.id, usage.c.channel).where(which).limit(AT_A_TIME)).all()
    alone = {channel for channel in {row.channel for row in rows} if _is_dm(conn, channel)}
    for row in rows:
        kept = "" if row.channel in alone else row.channel
        conn.execute(update(usage).where(usage.c.id == row.id).values(person="", channel=kept))
    gone = conn.execute(delete(spent).where(days)).rowcount if not rows else 0
    return Taken(len(rows), beside=gone)


def _is_dm(conn: Connection, channel: str) -> bool:
    inside = or_(conversations.c.key == channel, conversations.c.key.startswith(f"{channel}:", autoescape=True))
    place = conn.scalar(select(conversations.c.place).where(inside).limit(1))
    return place is not None and load(Place, place).kind is PlaceKind.DM


USAGE = Kept(
    "usage",
    "what your answers cost, under your name",
    ("usage", "spent"),
    count_usage,
    export_usage,
    forget_usage,
    expire_usage,
    waits=True,
    stays="amounts of money, without your name, for the budget; today’s keep it until midnight UTC",
)
