"""What a dead process left behind."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection, or_, select

from bot.messages import Inbound, Turn, TurnState
from bot.store.intents.posts import ENDED, OPEN, PostRow, posts_of
from bot.store.intents.rows import get_turn
from bot.store.intents.turns import asked_in
from bot.store.schema import turns

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a dead process left behind: turns to resume, to begin, and to show.

    `asked` is the first message of each turn that has work left, by the turn's id; `stopping` are the ids of those
    that somebody wants stopped.
    """

    running: tuple[Turn, ...]
    waiting: tuple[Turn, ...]
    undelivered: tuple[tuple[Turn, tuple[PostRow, ...]], ...]
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
        undelivered=tuple((turn, posts_of(conn, turn.id)) for turn, _ in found if turn.state in ENDED),
        asked={turn.id: asked[0] for turn, asked in found if asked},
        stopping=frozenset(row.id for row in rows if row.stopping),
    )


def _read(conn: Connection, turn_id: str) -> tuple[Turn, tuple[Inbound, ...]] | None:
    """The turn, and what it answers where it has work left; None where either can't be read."""
    try:
        turn = get_turn(conn, turn_id)
        return turn, asked_in(conn, turn_id) if turn.state in OPEN else ()
    except ValidationError as error:
        log.error("turn can't be read", turn=turn_id, faults=error.error_count())
        return None
