"""What people said and what they were answered: told, taken away for one person, let go with time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    or_,
    select,
    update,
)

from bot.messages import Inbound, Item, Person, Reading, Role
from bot.store.codec import dump, load, load_or_skip
from bot.store.intents.echoes import forget_echoes
from bot.store.intents.keeping import AT_A_TIME, Kept, Record, Taken, Theirs, stands_in, when
from bot.store.intents.posts import ENDED, OPEN
from bot.store.intents.reminders import forget_quotes, forget_quotes_of
from bot.store.intents.rows import count, erase_items, stored_files
from bot.store.schema import inbox, items, posts, tool_calls, turns

NOBODY = Person("", "somebody")
"""Who asked, where that was forgotten."""

OPEN_TURNS = select(turns.c.id).where(or_(turns.c.state.in_(OPEN), turns.c.delivered == 0))
"""The ids of turns for which somebody still waits."""

_SETTLED = and_(turns.c.state.in_(ENDED), turns.c.delivered == 1)
_OURS = (Role.ASSISTANT, Role.TOOL)


def _is_settled(turn_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a row belongs to no turn that somebody still waits for: one look-up a row."""
    waits = or_(turns.c.state.in_(OPEN), turns.c.delivered == 0)
    return ~exists().where(turns.c.id == turn_id, waits)


# --- messages ------------------------------------------------------------------------------------


def _written(theirs: Theirs) -> ColumnElement[bool]:
    mine = and_(items.c.person == theirs.person, items.c.at <= theirs.until, items.c.erased == 0)
    return and_(mine, stands_in(items.c.conversation, theirs.within))


def count_messages(conn: Connection, theirs: Theirs) -> int:
    """How many messages are kept."""
    return count(conn, items, _written(theirs))


def export_messages(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The messages, oldest first."""
    yield from _told(conn, _written(theirs))


def forget_messages(conn: Connection, theirs: Theirs) -> Taken:
    """Blank them, with their answers, and with what others' reminders and tools used for others repeat of them."""
    mine = select(items).where(_written(theirs), _is_settled(items.c.turn_id)).limit(AT_A_TIME)
    rows = conn.execute(mine).all()
    for row in rows:
        if row.place and row.message_id:
            forget_quotes(conn, row.place, row.message_id)
    answers = _forget_answers(conn, theirs, [row.turn_id for row in rows])
    forget_echoes(conn, rows, person=theirs.person)
    orphans = erase_items(conn, rows)
    return Taken(len(rows), (*answers.orphans, *orphans), answers=answers.rows)


def expire_messages(conn: Connection, before: float) -> Taken:
    """Blank everything that was said before then, by whomever, with what tools repeated of it since."""
    old = (items.c.at < before, _is_settled(items.c.turn_id))
    rows = conn.execute(select(items).where(*old).order_by(items.c.at).limit(AT_A_TIME)).all()
    forget_echoes(conn, rows)
    return Taken(len(rows), erase_items(conn, rows))


def _told(conn: Connection, which: ColumnElement[bool]) -> Iterator[Record]:
    for row in conn.execute(select(items).where(which).order_by(items.c.id)):
        item = load_or_skip(Item, row.body, str(row.id))
        if item is not None:
            yield _as_record(row, item)


def _as_record(row: Row[Any], item: Item) -> Record:
    files = [_as_file(reading) for reading in item.files] + [{"name": one.name} for one in item.attachments]
    told = {
        "kept_since": when(row.at),
        "sent_at": when(item.sent_at),
        "conversation": row.conversation,
        "message_id": item.message_id,
        "text": item.text,
        "files": files,
    }
    return {name: value for name, value in told.items() if value not in (None, [])}


def _as_file(reading: Reading) -> Record:
    stored = [{"sha256": one.sha256, "media_type": one.media_type} for one in stored_files(reading)]
    told = {"name": reading.name, "text_read": reading.text, "stored": stored}
    return {name: value for name, value in told.items() if value}


MESSAGES = Kept(
    "messages",
    "messages you wrote to me, or where I listened, and the files you sent",
    ("items", "files", "vectors"),
    count_messages,
    export_messages,
    forget_messages,
    expire_messages,
    placed=True,
    waits=True,
)


# --- answers -------------------------------------------------------------------------------------


def turns_of(theirs: Theirs) -> CompoundSelect[Any]:
    """The turns that answer this person, alone or with others."""
    said = select(items.c.turn_id).where(items.c.person == theirs.person, items.c.turn_id.is_not(None))
    came = select(inbox.c.turn_id).where(inbox.c.person == theirs.person, inbox.c.turn_id.is_not(None))
    return said.where(items.c.at <= theirs.until).union(came.where(inbox.c.received_at <= theirs.until))


def is_waiting(conn: Connection, theirs: Theirs) -> bool:
    """Whether somebody still waits for one of these turns."""
    here = stands_in(turns.c.conversation, theirs.within)
    waits = or_(turns.c.state.in_(OPEN), turns.c.delivered == 0)
    return bool(count(conn, turns, turns.c.id.in_(turns_of(theirs)), waits, here))


def _answers(theirs: Theirs) -> ColumnElement[bool]:
    ours = and_(items.c.turn_id.in_(turns_of(theirs)), items.c.role.in_(_OURS), items.c.erased == 0)
    return and_(ours, stands_in(items.c.conversation, theirs.within))


def count_answers(conn: Connection, theirs: Theirs) -> int:
    """How many answers, and results of tools used for them, are kept."""
    return count(conn, items, _answers(theirs))


def export_answers(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The answers as they were shown, oldest first.

    Not what tools were asked for them and what they found: others' words, in places that may be closed by now.
    """
    shown = and_(_answers(theirs), items.c.role == Role.ASSISTANT)
    yield from (told for told in _told(conn, shown) if told.get("text") or told.get("files"))


def forget_answers(_conn: Connection, _theirs: Theirs) -> Taken:
    """They have gone with the questions: by these they are found."""
    return Taken()


def _forget_answers(conn: Connection, theirs: Theirs, turn_ids: Sequence[str | None]) -> Taken:
    """Blank what was answered in these turns, their final forms, and who asked."""
    ids = {turn_id for turn_id in turn_ids if turn_id is not None}
    ours = (items.c.turn_id.in_(ids), items.c.role.in_(_OURS), items.c.erased == 0)
    rows = conn.execute(select(items).where(*ours)).all() if ids else ()
    for row in conn.execute(select(turns.c.id, turns.c.requester).where(turns.c.id.in_(ids))).all() if ids else ():
        asker = load(Person, row.requester)
        kept = row.requester if asker.id != theirs.id else dump(NOBODY)
        conn.execute(update(turns).where(turns.c.id == row.id).values(final=None, requester=kept))
    return Taken(len(rows), erase_items(conn, rows))


def expire_answers(conn: Connection, before: float) -> Taken:
    """Turns that ended before then go, with what is known of their messages; their words go as messages do."""
    oldest = conn.execute(
        select(turns.c.id, turns.c.ended_at).where(_SETTLED).order_by(turns.c.n).limit(AT_A_TIME)
    )
    gone = [row.id for row in oldest if row.ended_at is not None and row.ended_at < before]
    for table in (posts, tool_calls):
        conn.execute(delete(table).where(table.c.turn_id.in_(gone)))
    conn.execute(delete(turns).where(turns.c.id.in_(gone)))
    return Taken(len(gone))


ANSWERS = Kept(
    "answers",
    "answers to you, with what tools found for them",
    ("items", "files", "vectors", "turns", "posts", "tool_calls"),
    count_answers,
    export_answers,
    forget_answers,
    expire_answers,
    placed=True,
    waits=True,
    stays="answers that others were given, even where they speak of you",
)


# --- questions as they came in -------------------------------------------------------------------


def _came(theirs: Theirs) -> ColumnElement[bool]:
    came = and_(inbox.c.person == theirs.person, inbox.c.received_at <= theirs.until)
    mine = and_(came, inbox.c.owed == 0)  # a command is forgotten by itself once it is carried out
    return and_(mine, stands_in(inbox.c.place, theirs.within))


def count_questions(conn: Connection, theirs: Theirs) -> int:
    """How many questions are kept as they came in."""
    return count(conn, inbox, _came(theirs), inbox.c.body != "")


def export_questions(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The questions, oldest first."""
    rows = conn.execute(select(inbox).where(_came(theirs), inbox.c.body != "").order_by(inbox.c.id))
    for row in rows:
        asked = load_or_skip(Inbound, row.body, row.key)
        if asked is not None:
            yield _as_question(row, asked)


def _as_question(row: Row[Any], asked: Inbound) -> Record:
    told = {
        "received_at": when(row.received_at),
        "place": row.place,
        "kind": row.kind,
        "message_id": asked.message_id,
        "your_name": asked.person.name,
        "text": asked.text,
        "command": f"/{asked.command.name}" if asked.command else None,
        "options": dict(asked.command.options) if asked.command else None,
        "button": asked.action.name if asked.action else None,
    }
    return {name: value for name, value in told.items() if value not in (None, "", {})}


def forget_questions(conn: Connection, theirs: Theirs) -> Taken:
    """Blank them, with answers that are left; their keys stay, by which an event is taken in once. What others
    quoted goes last."""
    mine = select(inbox.c.id, inbox.c.turn_id, inbox.c.body).where(_came(theirs), _is_settled(inbox.c.turn_id))
    rows = conn.execute(mine.limit(AT_A_TIME)).all()
    if rows:
        answers = _forget_answers(conn, theirs, [row.turn_id for row in rows])
        said = sum(1 for row in rows if row.body)
        beside = _blank(conn, [row.id for row in rows]) - said
        return Taken(said, answers.orphans, beside, answers.rows)
    return Taken(beside=_forget_quoted(conn, theirs) + forget_quotes_of(conn, theirs.person, theirs.within))


def _blank(conn: Connection, ids: Sequence[int]) -> int:
    conn.execute(update(inbox).where(inbox.c.id.in_(ids)).values(body="", person=None))
    return len(ids)


def _forget_quoted(conn: Connection, theirs: Theirs) -> int:
    """Take a person's words out of others' questions, which held them as what they refer to."""
    said_by = inbox.c.body.contains(f'"person":{{"id":{dump(theirs.id)},', autoescape=True)
    others = (inbox.c.person.startswith(f"{theirs.platform}:", autoescape=True), inbox.c.person != theirs.person)
    kept = (inbox.c.received_at <= theirs.until, stands_in(inbox.c.place, theirs.within))
    rows = conn.execute(
        select(inbox.c.id, inbox.c.key, inbox.c.body)
        .where(*others, *kept, said_by, _is_settled(inbox.c.turn_id))
        .limit(AT_A_TIME)
    ).all()
    for row in rows:
        asked = load(Inbound, row.body)
        quotes = tuple(quote for quote in asked.quotes if quote.person.id != theirs.id)
        conn.execute(update(inbox).where(inbox.c.id == row.id).values(body=dump(replace(asked, quotes=quotes))))
    return len(rows)


def expire_questions(conn: Connection, before: float) -> Taken:
    """Blank the questions that came before then and were answered."""
    old: Select[Any] = select(inbox.c.id).where(inbox.c.person > "", inbox.c.received_at < before)
    ids = conn.scalars(old.where(inbox.c.owed == 0, _is_settled(inbox.c.turn_id)).limit(AT_A_TIME)).all()
    return Taken(_blank(conn, ids))


QUESTIONS = Kept(
    "questions",
    "your questions and commands as they came in, while their answers can be written again",
    ("inbox",),
    count_questions,
    export_questions,
    forget_questions,
    expire_questions,
    placed=True,
    waits=True,
    stays="the ids of messages and places, without a word of yours, so that nothing is answered twice",
)
