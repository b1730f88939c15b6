"""What a dead process left behind."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from bot.messages import Inbound, Turn, TurnState
from bot.store.intents.posts import ENDED, PostRow, posts_of
from bot.store.intents.rows import get_turn
from bot.store.intents.turns import asked_in
from bot.store.schema import turns


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a dead process left behind: turns to resume, to begin, and to show.

    `asked` is the first message of each turn that has work left, by the turn's id.
    """

    running: tuple[Turn, ...]
    waiting: tuple[Turn, ...]
    undelivered: tuple[tuple[Turn, tuple[PostRow, ...]], ...]
    asked: Mapping[str, Inbound]


def unfinished(conn: Connection) -> Unfinished:
    """Read what was not finished, oldest first."""
    rows = conn.execute(
        select(turns.c.id, turns.c.conversation, turns.c.state)
        .where(
            or_(
                turns.c.state.in_((TurnState.RUNNING, TurnState.WAITING)),
                turns.c.delivered == 0,
            )
        )
        .order_by(turns.c.created_at)
    ).all()
    ended = [row.id for row in rows if row.state in ENDED]
    open_turns = [row.id for row in rows if row.state not in ENDED]
    return Unfinished(
        running=tuple(get_turn(conn, row.id) for row in rows if row.state == TurnState.RUNNING),
        waiting=tuple(get_turn(conn, row.id) for row in rows if row.state == TurnState.WAITING),
        undelivered=tuple((get_turn(conn, turn_id), posts_of(conn, turn_id)) for turn_id in ended),
        asked={turn_id: asked[0] for turn_id in open_turns if (asked := asked_in(conn, turn_id))},
    )
