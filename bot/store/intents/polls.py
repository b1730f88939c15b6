"""Polls that are answered by buttons: opened, voted in by each person once, shown again when that changed."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.messages import Inbound, Place, Poll, PollResult, person_key
from bot.store.codec import dump, load
from bot.store.intents.inbox import record, seen
from bot.store.schema import polls, votes


@dataclass(frozen=True, slots=True)
class ShownPoll:
    """A poll as it stands, and the message that shows it."""

    result: PollResult
    place: Place
    message_id: str


def open_poll(conn: Connection, poll: Poll, place: Place, message_id: str, person: str) -> None:
    """Remember a poll that people see. `person` is the key of whoever asked for it."""
    row = {"id": poll.id, "place": dump(place), "message_id": message_id, "body": dump(poll), "unshown": 0}
    conn.execute(insert(polls).values(**row, person=person, closes_at=poll.closes_at))


def vote(conn: Connection, inbound: Inbound, now: float) -> bool | None:
    """Take in a vote: the last one counts, the same again takes it back.

    None where there is no such choice, or the poll is closed; False for a vote that was taken in before.
    """
    action = inbound.action
    row = conn.execute(select(polls).where(polls.c.id == action.turn_id)).first() if action else None
    if action is None or row is None:
        return None
    poll, choice = load(Poll, row.body), action.value or ""
    if not choice.isdecimal() or int(choice) >= len(poll.choices) or now >= poll.closes_at:
        conn.execute(update(polls).where(polls.c.id == poll.id).values(unshown=1))
        return None
    if seen(conn, inbound):
        return False
    record(conn, inbound, now)
    _count(conn, poll, person_key(inbound.place.platform, inbound.person), int(choice), now)
    conn.execute(update(polls).where(polls.c.id == poll.id).values(unshown=1))
    return True


def _count(conn: Connection, poll: Poll, person: str, choice: int, now: float) -> None:
    mine = (votes.c.poll_id == poll.id, votes.c.person == person)
    taken_back = conn.execute(delete(votes).where(*mine, votes.c.choice == choice)).rowcount > 0
    if not poll.multiple:
        conn.execute(delete(votes).where(*mine))
    if not taken_back:
        conn.execute(insert(votes).values(poll_id=poll.id, person=person, choice=choice, at=now))


def take_unshown(conn: Connection, poll_id: str, now: float) -> ShownPoll | None:
    """A poll whose message is behind, and which is now about to be shown; None where nothing has changed."""
    behind = update(polls).where(polls.c.id == poll_id, polls.c.unshown == 1).values(unshown=0).returning(polls)
    row = conn.execute(behind).first()
    if row is None:
        return None
    poll = load(Poll, row.body)
    return ShownPoll(result_of(conn, poll, now), load(Place, row.place), row.message_id)


def result_of(conn: Connection, poll: Poll, now: float) -> PollResult:
    """How a poll stands."""
    mine = votes.c.poll_id == poll.id
    counted = select(votes.c.choice, func.count()).where(mine).group_by(votes.c.choice)
    by_choice = {int(row[0]): int(row[1]) for row in conn.execute(counted)}
    people = conn.scalar(select(func.count(votes.c.person.distinct())).where(mine)) or 0
    stand = tuple(by_choice.get(n, 0) for n in range(len(poll.choices)))
    return PollResult(poll, stand, people, closed=now >= poll.closes_at)


def still_unshown(conn: Connection, poll_id: str) -> None:
    """The platform did not take it: it is shown later."""
    conn.execute(update(polls).where(polls.c.id == poll_id).values(unshown=1))


def unshown_polls(conn: Connection) -> tuple[str, ...]:
    """Polls whose messages are behind, by id."""
    return tuple(conn.scalars(select(polls.c.id).where(polls.c.unshown == 1)))
