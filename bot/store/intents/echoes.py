"""What tools were asked and what they found, where it repeats a message that was taken back since."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.messages import Item, Role, TurnState
from bot.store.codec import dump
from bot.store.intents.rows import bump_prefix, load_item
from bot.store.schema import items, turns
from bot.store.words import words_of

TAKEN_OUT = "(taken out: it repeated a message that was deleted or changed since)"

_SHORTEST = 4
"""Letters of a word that tells what was said; other scripts are read as pairs of letters."""

_AT_WORK = select(turns.c.id).where(turns.c.state.in_((TurnState.WAITING, TurnState.RUNNING)))


def forget_echoes(conn: Connection, rows: Sequence[Row[Any]], instead: str | None = None) -> None:
    """Blank the calls and results after these messages that hold words of theirs which no longer stand there.

    `rows` are the messages as they were, `instead` is what they say now; None where they and their files go.
    What we answered stays: people can read it, and delete it. A turn at work goes on with what it knows.
    """
    for row in rows:
        said = load_item(row)
        gone = _words([said.text, *(one.text for one in said.files if instead is None)]) - _words([instead or ""])
        if gone:
            _blank(conn, row, gone)


def _blank(conn: Connection, row: Row[Any], gone: frozenset[str]) -> None:
    later = (items.c.conversation == row.conversation, items.c.seq > row.seq, items.c.erased == 0)
    by_us = (items.c.role.in_((Role.ASSISTANT, Role.TOOL)), items.c.turn_id.not_in(_AT_WORK))
    changed = False
    for one in conn.execute(select(items).where(*later, *by_us)).all():
        before = load_item(one)
        after = _without(before, gone)
        if after != before:
            conn.execute(update(items).where(items.c.id == one.id).values(body=dump(after)))
            changed = True
    if changed:
        bump_prefix(conn, {row.conversation})


def _without(item: Item, gone: frozenset[str]) -> Item:
    if item.role is Role.TOOL:
        return replace(item, text=TAKEN_OUT) if _words([item.text]) & gone else item
    calls = (
        replace(call, arguments="{}") if _words([call.arguments]) & gone else call for call in item.tool_calls
    )
    return replace(item, tool_calls=tuple(calls))


def _words(texts: Iterable[str]) -> frozenset[str]:
    found = (word for text in texts for word in words_of(text).words)
    return frozenset(word for word in found if len(word) >= _SHORTEST or not word.isascii())
