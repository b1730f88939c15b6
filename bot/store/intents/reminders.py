"""Reminders: kept, changed, taken when they are due, and what is owed to each occurrence until people see it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from bot.messages import Inbound, Occurrence, Place, Reminder
from bot.store.codec import dump, load, load_or_skip
from bot.store.intents.inbox import record, seen
from bot.store.intents.keeping import AT_A_TIME, stands_in
from bot.store.schema import occurrences, posts, reminders

MOST_AT_ONCE = 50
"""Reminders that are taken in one commit; the next commit takes more."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A post of an occurrence, made or about to be made. `refused` says that the platform did not take it."""

    key: str
    n: int
    place: Place
    message_id: str | None
    refused: bool


def add_reminder(conn: Connection, reminder: Reminder, owner: str, made_by: str, most: int) -> Reminder | None:
    """Keep a reminder under the owner's next number; the one kept before where `made_by` made one already.

    None when the owner has `most` that are still to come. `owner` is a person's key.
    """
    if (known := made_before(conn, made_by)) is not None:
        return known
    if _count_to_come(conn, owner) >= most:
        return None
    number = (conn.scalar(select(func.max(reminders.c.number)).where(reminders.c.owner == owner)) or 0) + 1
    numbered = replace(reminder, number=number)
    row = {
        "id": numbered.id,
        "owner": owner,
        "number": number,
        "made_by": made_by,
        "body": dump(numbered),
        "due_at": numbered.due_at,
        "about_place": numbered.about_in.key if numbered.about else None,
        "about_message": numbered.about,
    }
    conn.execute(insert(reminders).values(row))
    return numbered


def made_before(conn: Connection, made_by: str) -> Reminder | None:
    """The reminder that this event or call has made already."""
    body = conn.scalar(select(reminders.c.body).where(reminders.c.made_by == made_by))
    return load(Reminder, body) if body else None


def reminders_of(conn: Connection, owner: str) -> tuple[Reminder, ...]:
    """What is still to come for this person, the next first, and before that what could not be delivered."""
    rows = conn.execute(
        select(reminders.c.id, reminders.c.body)
        .where(reminders.c.owner == owner)
        .where(or_(reminders.c.due_at.is_not(None), reminders.c.ended_at.is_(None)))
        .order_by(reminders.c.due_at, reminders.c.number)
    ).all()
    return tuple(one for row in rows if (one := load_or_skip(Reminder, row.body, row.id)) is not None)


def told_of(conn: Connection, owner: str) -> tuple[tuple[Reminder, bool], ...]:
    """As `reminders_of`, each with whether it has come before."""
    mine = reminders_of(conn, owner)
    return tuple((one, last_occurrence(conn, owner, one.number) is not None) for one in mine)


def find_reminder(conn: Connection, owner: str, number: int) -> Reminder | None:
    """The reminder that this person calls by this number, whether it is still to come or not."""
    mine = (reminders.c.owner == owner, reminders.c.number == number)
    body = conn.scalar(select(reminders.c.body).where(*mine))
    return load(Reminder, body) if body else None


def keep_reminder(conn: Connection, reminder: Reminder, now: float) -> None:
    """Keep a reminder as it is now."""
    over = reminder.due_at is None and not reminder.undelivered
    conn.execute(
        update(reminders)
        .where(reminders.c.id == reminder.id)
        .values(body=dump(reminder), due_at=reminder.due_at, ended_at=now if over else None)
    )


def end_reminder(conn: Connection, owner: str, number: int, now: float) -> Reminder | None:
    """Let nothing more come of it. None when there is no such reminder; ending it twice is once."""
    reminder = find_reminder(conn, owner, number)
    if reminder is not None:
        keep_reminder(conn, replace(reminder, due_at=None, undelivered=False), now)
    return reminder


def next_due(conn: Connection, platforms: Collection[str]) -> float | None:
    """When the next reminder of these platforms is due."""
    found: float | None = conn.scalar(select(func.min(reminders.c.due_at)).where(_of(platforms)))
    return found


def take_due(
    conn: Connection,
    now: float,
    platforms: Collection[str],
    move_on: Callable[[Reminder, float], tuple[Occurrence, Reminder]],
) -> tuple[Occurrence, ...]:
    """What is due: each moves on to its next slot in the commit that owes its occurrence to people."""
    rows = conn.execute(
        select(reminders.c.id, reminders.c.body)
        .where(reminders.c.due_at <= now, _of(platforms))
        .order_by(reminders.c.due_at)
        .limit(MOST_AT_ONCE)
    ).all()
    taken = []
    for row in rows:
        reminder = load_or_skip(Reminder, row.body, row.id)
        if reminder is None:
            conn.execute(update(reminders).where(reminders.c.id == row.id).values(due_at=None))
            continue
        occurrence, after = move_on(reminder, now)
        keep_reminder(conn, after, now)
        conn.execute(
            insert(occurrences).values(
                key=occurrence.key, reminder_id=reminder.id, body=dump(occurrence), shown=0, taken_at=now
            )
        )
        taken.append(occurrence)
    return tuple(taken)


def owed_occurrences(conn: Connection, platforms: Collection[str]) -> tuple[Occurrence, ...]:
    """What people do not see yet as it is meant, oldest first."""
    rows = conn.execute(
        select(occurrences.c.key, occurrences.c.body)
        .join(reminders, reminders.c.id == occurrences.c.reminder_id)
        .where(occurrences.c.shown == 0, _of(platforms))
        .order_by(occurrences.c.taken_at)
    ).all()
    return tuple(one for row in rows if (one := load_or_skip(Occurrence, row.body, row.key)) is not None)


def attempts_of(conn: Connection, key: str) -> tuple[Attempt, ...]:
    """Where an occurrence was posted, or was about to be, in order."""
    rows = conn.execute(select(posts).where(posts.c.turn_id == key).order_by(posts.c.n))
    return tuple(
        Attempt(row.key, row.n, load(Place, row.place), row.message_id, row.state == "refused") for row in rows
    )


def drop_attempt(conn: Connection, key: str) -> None:
    """A post was not made, and will not be: its occurrence goes elsewhere."""
    conn.execute(update(posts).where(posts.c.key == key).values(state="refused"))


def find_occurrence(conn: Connection, key: str) -> Occurrence | None:
    """The occurrence with this key."""
    body = conn.scalar(select(occurrences.c.body).where(occurrences.c.key == key))
    return load(Occurrence, body) if body else None


def last_occurrence(conn: Connection, owner: str, number: int | None = None) -> Occurrence | None:
    """What this person was reminded of last, by this reminder or by any."""
    query = (
        select(occurrences.c.body)
        .join(reminders, reminders.c.id == occurrences.c.reminder_id)
        .where(reminders.c.owner == owner)
        .order_by(occurrences.c.taken_at.desc(), occurrences.c.key.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(reminders.c.number == number)
    body = conn.scalar(query)
    return load(Occurrence, body) if body else None


def mark_shown(conn: Connection, occurrence: Occurrence, now: float, *, delivered: bool) -> bool:
    """People see it exactly so; or it can be shown nowhere, and its reminder says so when it is listed.

    False where it reads differently by now: then that is still owed.
    """
    body = dump(occurrence)
    done = conn.execute(
        update(occurrences).where(occurrences.c.key == occurrence.key, occurrences.c.body == body).values(shown=1)
    )
    kept = conn.scalar(select(reminders.c.body).where(reminders.c.id == occurrence.reminder.id))
    if not delivered and done.rowcount and kept is not None:
        keep_reminder(conn, replace(load(Reminder, kept), undelivered=True), now)
    return done.rowcount > 0


def answer_occurrence(
    conn: Connection,
    key: str,
    now: float,
    answer: str,
    *,
    again: tuple[Reminder, str] | None = None,
    ends: bool = False,
    event: Inbound | None = None,
) -> Occurrence | None:
    """Keep what its owner said to an occurrence, once; None when that was done before, or there is none.

    `again` is the reminder as it is to come once more, and the key that makes it: itself if nothing more was to
    come of it, else as one of its own. `ends` lets nothing more come of it. `event` is the button that said so.
    """
    if event is not None:
        if seen(conn, event):
            return None
        record(conn, event, now)
    occurrence = find_occurrence(conn, key)
    if occurrence is None or occurrence.answer is not None:
        return None
    answered = replace(occurrence, answer=answer)
    conn.execute(update(occurrences).where(occurrences.c.key == key).values(body=dump(answered), shown=0))
    kept = conn.scalar(select(reminders.c.body).where(reminders.c.id == occurrence.reminder.id))
    reminder = load(Reminder, kept) if kept else None
    if ends and reminder is not None:
        keep_reminder(conn, replace(reminder, due_at=None, undelivered=False), now)
    if again is not None and reminder is not None:
        _come_again(conn, reminder, *again, now)
    return answered


def _come_again(conn: Connection, reminder: Reminder, later: Reminder, made_by: str, now: float) -> None:
    if reminder.due_at is None:
        keep_reminder(conn, replace(later, id=reminder.id, number=reminder.number), now)
        return
    owner = conn.scalar(select(reminders.c.owner).where(reminders.c.id == reminder.id)) or ""
    add_reminder(conn, later, owner, made_by, most=10**6)  # it was kept already


def forget_quotes(conn: Connection, place_key: str, message_id: str) -> None:
    """A message was deleted: what reminders quote of it goes."""
    for row in conn.execute(
        select(reminders.c.id, reminders.c.body).where(
            reminders.c.about_place == place_key, reminders.c.about_message == message_id
        )
    ).all():
        _unquote(conn, load(Reminder, row.body))


def forget_quotes_of(conn: Connection, person: str, within: str | None) -> int:
    """What others' reminders quote of this person (a key) goes: of what they said anywhere, or within a place."""
    platform, _, person_id = person.partition(":")
    quoting = reminders.c.body.contains(f'"about_by":{dump(person_id)},', autoescape=True)
    here = stands_in(reminders.c.about_place, within)
    rows = conn.execute(select(reminders.c.body).where(_of((platform,)), quoting, here).limit(AT_A_TIME)).all()
    for row in rows:
        _unquote(conn, load(Reminder, row.body))
    return len(rows)


def _unquote(conn: Connection, reminder: Reminder) -> None:
    """Take the quote, and whose it was, out of a reminder and out of what was shown of it."""
    bare = replace(reminder, quote="", about_by="")
    conn.execute(update(reminders).where(reminders.c.id == bare.id).values(body=dump(bare)))
    for row in conn.execute(select(occurrences).where(occurrences.c.reminder_id == bare.id)).all():
        occurrence = load(Occurrence, row.body)
        told = replace(occurrence, reminder=replace(occurrence.reminder, quote="", about_by=""))
        conn.execute(update(occurrences).where(occurrences.c.key == row.key).values(body=dump(told), shown=0))


def forget_reminders(conn: Connection, owner: str) -> None:
    """Everything kept about a person's reminders goes. `owner` is a person's key."""
    _remove(conn, reminders.c.owner == owner)


def tidy_reminders(conn: Connection, before: float) -> None:
    """Reminders that ended before then go, with what was told of them."""
    _remove(conn, reminders.c.ended_at < before)


def _remove(conn: Connection, which: ColumnElement[bool]) -> None:
    theirs = select(reminders.c.id).where(which)
    keys = select(occurrences.c.key).where(occurrences.c.reminder_id.in_(theirs))
    conn.execute(delete(posts).where(posts.c.turn_id.in_(keys)))
    conn.execute(delete(occurrences).where(occurrences.c.reminder_id.in_(theirs)))
    conn.execute(delete(reminders).where(which))


def _of(platforms: Collection[str]) -> ColumnElement[bool]:
    return or_(*(reminders.c.owner.startswith(f"{platform}:", autoescape=True) for platform in platforms))


def _count_to_come(conn: Connection, owner: str) -> int:
    mine = (reminders.c.owner == owner, reminders.c.due_at.is_not(None))
    return conn.scalar(select(func.count()).select_from(reminders).where(*mine)) or 0
