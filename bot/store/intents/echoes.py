"""What tools were asked and what they found, where it repeats a message that is gone or says something else now.

What tells that something is repeated has to be the message's own, or one “yes” that was deleted would take every
result along that holds a “yes”. A word counts by itself from four letters on, unless everybody uses it all the
time; shorter ones, those, and the text of a file, which holds nearly every word there is, count by four words in a
row. Scripts without spaces count by four letters in a row. And nothing counts that another message says as well
which still stands in the conversation. A result that goes for nothing costs one more call of its tool.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, or_, select, update

from bot.messages import Item, Role, TurnState
from bot.store.codec import dump
from bot.store.everyday import EVERYDAY
from bot.store.intents.calls import NOT_KEPT
from bot.store.intents.rows import bump_prefix, load_item
from bot.store.schema import items, tool_calls, turns
from bot.store.words import words_of

TAKEN_OUT = "(taken out: it repeated a message that is gone or was changed since)"

_SHORTEST = 4
_WORDS, _PAIRS = 4, 3
"""How many words, and overlapping pairs of letters, in a row are the message's own."""

_AT_WORK = select(turns.c.id).where(turns.c.state.in_((TurnState.WAITING, TurnState.RUNNING)))


def forget_echoes(
    conn: Connection, rows: Sequence[Row[Any]], instead: str | None = None, person: str | None = None
) -> None:
    """Blank the calls and results after these messages that repeat what of them no longer stands there.

    `rows` are the messages as they were; `instead` is what they say now, None where they and their files go. Of a
    `person` (a key) nothing stands: the rest of what they said goes as well. What we answered stays: people can
    read it, and delete it. A turn at work goes on with what it knows, and with the calls that it is at.
    """
    said = [row for row in rows if row.role not in (Role.ASSISTANT, Role.TOOL) and not row.erased]
    for conversation in dict.fromkeys(row.conversation for row in said):
        here = [row for row in said if row.conversation == conversation]
        gone = frozenset(mark for row in here for mark in _told(load_item(row), files=instead is None))
        if gone := gone - _marks(instead or ""):
            _blank(conn, here, gone, person)


def _blank(conn: Connection, rows: Sequence[Row[Any]], gone: frozenset[str], person: str | None) -> None:
    found = [one for one in _ours_after(conn, rows) if _without(load_item(one), gone) is not None]
    if not found or not (gone := gone - _standing(conn, rows, person)):
        return
    changed = False
    for row in found:
        if (after := _without(load_item(row), gone, _at_hand(conn, row))) is not None:
            conn.execute(update(items).where(items.c.id == row.id).values(body=dump(after)))
            changed = True
    if changed:
        bump_prefix(conn, {rows[0].conversation})


def _ours_after(conn: Connection, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """The calls and results after the first of these messages."""
    later = (items.c.conversation == rows[0].conversation, items.c.seq > min(row.seq for row in rows))
    calls = and_(items.c.role == Role.ASSISTANT, items.c.body.contains('"tool_calls":[{'))
    return conn.execute(
        select(items).where(*later, items.c.erased == 0, or_(items.c.role == Role.TOOL, calls))
    ).all()


def _standing(conn: Connection, rows: Sequence[Row[Any]], person: str | None) -> frozenset[str]:
    """What other messages of the conversation say."""
    others = (items.c.conversation == rows[0].conversation, items.c.id.not_in([row.id for row in rows]))
    said = (items.c.role.in_((Role.USER, Role.NOTE)), items.c.erased == 0)
    theirs = or_(items.c.person.is_(None), items.c.person != person)
    left = conn.execute(select(items).where(*others, *said, theirs)).all()
    return frozenset(mark for row in left for mark in _told(load_item(row), files=True))


def _at_hand(conn: Connection, row: Row[Any]) -> frozenset[str]:
    """The calls of a turn at work that have not come back: what is to be done stands in them."""
    if row.role != Role.ASSISTANT:
        return frozenset()
    open_calls = (tool_calls.c.turn_id == row.turn_id, tool_calls.c.ended_at.is_(None))
    return frozenset(
        conn.scalars(select(tool_calls.c.call_id).where(*open_calls, tool_calls.c.turn_id.in_(_AT_WORK)))
    )


def _without(item: Item, gone: frozenset[str], at_hand: frozenset[str] = frozenset()) -> Item | None:
    """The item without what repeats that; None where nothing does."""
    if item.role is Role.TOOL:
        ours = item.text in (TAKEN_OUT, NOT_KEPT)
        return replace(item, text=TAKEN_OUT) if not ours and _repeats((item.text,), gone) else None
    calls = tuple(
        replace(call, arguments="{}")
        if call.id not in at_hand and _repeats(_asked(call.arguments), gone)
        else call
        for call in item.tool_calls
    )
    return replace(item, tool_calls=calls) if calls != item.tool_calls else None


def _asked(arguments: str) -> Iterable[str]:
    """What stands in a call's arguments: their values, as escapes and names say nothing."""
    try:
        return _texts(orjson.loads(arguments))
    except orjson.JSONDecodeError:
        return (arguments,)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    else:
        yield str(value)


def _told(item: Item, *, files: bool) -> Iterator[str]:
    """What a message says, and what its files are called and hold."""
    yield from _marks(item.text)
    for one in item.files if files else ():
        yield from _marks(one.name.rpartition(".")[0] or one.name)
        yield from _runs(words_of(one.text).words)


def _repeats(texts: Iterable[str], gone: frozenset[str]) -> bool:
    """Whether one of these texts has one of these marks: long results of many years are looked through at once."""
    every = (words_of(text).words for text in texts)
    return any(not (gone.isdisjoint(words) and gone.isdisjoint(_runs(words))) for words in every)


def _marks(text: str) -> frozenset[str]:
    words = words_of(text).words
    return frozenset((*filter(_tells, words), *_runs(words)))


def _tells(word: str) -> bool:
    return len(word) >= _SHORTEST and word not in EVERYDAY


def _runs(words: Sequence[str]) -> Iterator[str]:
    yield from map(" ".join, _in_a_row(words, _WORDS))
    if any(map(_is_pair, words)):
        yield from (" ".join(run) for run in _in_a_row(words, _PAIRS) if all(map(_is_pair, run)))


def _in_a_row(words: Sequence[str], count: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[at:] for at in range(count)), strict=False)


def _is_pair(word: str) -> bool:
    """Whether it is two letters of a script without spaces; or a short word of another one, which does no harm."""
    return len(word) == 2 and not word.isascii()
