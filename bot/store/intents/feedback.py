"""What people thought of an answer."""

from sqlalchemy import Connection, delete, insert

from bot.messages import ActionName, Inbound, person_key
from bot.store.intents.inbox import record, seen
from bot.store.intents.rows import find_turn
from bot.store.schema import feedback


def rate(conn: Connection, inbound: Inbound, turn_id: str, rating: ActionName, now: float) -> bool:
    """Keep a person's last word on an answer, with the model that wrote it; False for an event taken in before."""
    if seen(conn, inbound):
        return False
    record(conn, inbound, now)
    turn = find_turn(conn, turn_id)
    if turn is None:
        return False
    person = person_key(inbound.place.platform, inbound.person)
    conn.execute(delete(feedback).where(feedback.c.turn_id == turn_id, feedback.c.person == person))
    conn.execute(insert(feedback).values(turn_id=turn_id, person=person, rating=rating, model=turn.model, at=now))
    return True
