"""What a dead process left behind."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection, or_, select

from bot.messages import Inbound, Reading, Turn, TurnState
from bot.store.intents.claims import asked_in, made_in
from bot.store.intents.posts import ENDED, OPEN, PostRow, posts_of
from bot.store.intents.rows import find_turn, get_turn
from bot.store.schema import turns

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An answer that has ended and may not be shown so: its messages, and the pictures it shows."""

    turn: Turn
    posts: tuple[PostRow, ...]
    made: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a dead process left behind: turns to resume, to begin, and to show.

    `asked` is the first message of each turn that has work left, by the turn's id; `stopping` are the ids of those
    that somebody wants stopped.
    """

    running: tuple[Turn, ...]
    waiting: tuple[Turn, ...]
    undelivered: tuple[Undelivered, ...]
    asked: Mapping[str, Inbound]
    stopping: frozenset[str]


def unfinished(conn: Connection) -> Unfinished:
    """Read what was not finished, oldest first. A turn that can't be read is left alone, and logged."""
    rows = conn.execute(
        select(turns.c.id, turns.c.state, turns.c.stopping)
        .where(
            or_(
                turns.c.state.in_(OPEN),
                turns.c.delivered == 0,
            )
        )
        .order_by(turns.c.n)
    ).all()
    found = [left for row in rows if (left := _read(conn, row.id)) is not None]
    return Unfinished(
        running=tuple(turn for turn, _ in found if turn.state is TurnState.RUNNING),
        waiting=tuple(turn for turn, _ in found if turn.state is TurnState.WAITING),
        undelivered=tuple(one for turn, _ in found if turn.state in ENDED and (one := undelivered(conn, turn.id))),
        asked={turn.id: asked[0] for turn, asked in found if asked},
        stopping=frozenset(row.id for row in rows if row.stopping),
    )


def undelivered(conn: Connection, turn_id: str) -> Undelivered | None:
    """What it takes to show the end of a turn; None where there is no such turn, or it can't be read."""
    try:
        turn = find_turn(conn, turn_id)
        return Undelivered(turn, posts_of(conn, turn_id), made_in(conn, turn)) if turn else None
    except ValidationError as error:
        log.error("answer can't be read", turn=turn_id, faults=error.error_count())
        return None


def _read(conn: Connection, turn_id: str) -> tuple[Turn, tuple[Inbound, ...]] | None:
    """The turn, and what it answers where it has work left; None where either can't be read."""
    try:
        turn = get_turn(conn, turn_id)
        return turn, asked_in(conn, turn_id) if turn.state in OPEN else ()
    except ValidationError as error:
        log.error("turn can't be read", turn=turn_id, faults=error.error_count())
        return None
