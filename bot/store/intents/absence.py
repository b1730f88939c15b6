"""How long we listened to each platform, and what was asked meanwhile that may not be wanted any more."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from bot.messages import Inbound, Place, PlaceKind, Rendered
from bot.store.codec import load
from bot.store.intents.inbox import Accepted, Outcome, Target, accept_message, seen
from bot.store.intents.turns import cancel_waiting
from bot.store.schema import conversations, presence


def present(conn: Connection, platform: str, now: float) -> None:
    """Everything that this platform told until now is kept."""
    conn.execute(delete(presence).where(presence.c.platform == platform))
    conn.execute(insert(presence).values(platform=platform, until=now))


def begin_presence(conn: Connection, platform: str, now: float) -> bool:
    """Note when we first began to listen to a platform, once for ever; whether this was it."""
    if present_until(conn, platform) is not None:
        return False
    present(conn, platform, now)
    return True


def present_until(conn: Connection, platform: str) -> float | None:
    """Until when everything this platform told is kept; None before we first listened."""
    return conn.scalar(select(presence.c.until).where(presence.c.platform == platform))


def known_dms(conn: Connection, platform: str, limit: int) -> tuple[Place, ...]:
    """Direct messages in which we have talked, the newest conversations first."""
    rows = conn.scalars(
        select(conversations.c.place)
        .where(conversations.c.key.startswith(f"{platform}:", autoescape=True))
        .where(conversations.c.place.contains(f'"kind":"{PlaceKind.DM}"', autoescape=True))
        .order_by(conversations.c.created_at.desc())
        .limit(limit)
    )
    return tuple(dict.fromkeys(load(Place, place) for place in rows))


def accept_late(
    conn: Connection, late: Sequence[Inbound], target: Target, turn_id: str, offer: Rendered, now: float
) -> Accepted:
    """Take in what was asked too long ago to be answered unasked: one turn, ended with an offer to answer it.

    What was taken in before stays as it is; a question that joins one in line is answered with it.
    """
    taken = [accept_message(conn, inbound, target, turn_id, now) for inbound in late if not seen(conn, inbound)]
    if not cancel_waiting(conn, turn_id, offer, now):
        return Accepted(Outcome.DUPLICATE)
    return next(one for one in taken if one.turn_id == turn_id)
