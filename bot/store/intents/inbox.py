"""What happens on a platform, taken in: one commit each, and each event once."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, insert, or_, select

from bot.messages import (
    Inbound,
    InboundKind,
    Place,
    PlaceKind,
    Role,
    Turn,
    TurnKind,
    TurnState,
    person_key,
)
from bot.preferences import FOLLOW_UPS
from bot.store.codec import dump, load
from bot.store.intents.rows import (
    add_conversation,
    add_turn,
    append,
    count,
    find_turn,
)
from bot.store.intents.said import item_from
from bot.store.intents.settings import in_force
from bot.store.prepared import Prepared
from bot.store.schema import conversations, inbox, posts, turns

_EVENT = select(inbox.c.id).where(inbox.c.key == bindparam("event"))
_SEEN = Prepared(_EVENT)
_ADD_EVENT = Prepared(insert(inbox))
_WAITING = select(turns.c.id).where(
    turns.c.conversation == bindparam("conversation"),
    turns.c.state == TurnState.WAITING,
    turns.c.kind == TurnKind.ANSWER,
)
_ASKED = select(inbox.c.id).where(
    inbox.c.place == bindparam("place"),
    inbox.c.message_id == bindparam("message"),
    or_(inbox.c.kind == InboundKind.MESSAGE, inbox.c.kind == InboundKind.EDIT),
    inbox.c.turn_id.is_not(None),
)
_BEGUN = select(conversations.c.created_at).where(conversations.c.key == bindparam("conversation"))
_KNOWN = Prepared(
    select(
        _EVENT.scalar_subquery().label("seen"),
        _ASKED.limit(1).scalar_subquery().label("asked"),
        _BEGUN.scalar_subquery().label("begun"),
        _WAITING.limit(1).scalar_subquery().label("waiting"),
    )
)
_PLACE = select(conversations.c.place).where(conversations.c.key == bindparam("conversation"))


class Outcome(StrEnum):
    """What became of an event."""

    DUPLICATE = "duplicate"  # it was taken in before
    IGNORED = "ignored"  # nothing of ours
    NOTED = "noted"  # remembered, not answered
    ASKED = "asked"  # a turn answers it
    CHANGED = "changed"  # a question or an old message now reads differently
    WITHDRAWN = "withdrawn"  # the last question of a turn was deleted
    ERASED = "erased"  # an old message is gone
    REFUSED = "refused"  # a button that no longer applies


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an event, and the turn it concerns. `orphans` are hashes of files nobody refers to now.

    `place` is where a question is answered.
    """

    outcome: Outcome
    conversation: str | None = None
    turn_id: str | None = None
    orphans: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a question is answered, and the conversation it belongs to."""

    place: Place
    conversation: str


def accept_message(conn: Connection, inbound: Inbound, target: Target, turn_id: str, now: float) -> Accepted:
    """Take a message in. An addressed one belongs to exactly one turn from here on."""
    return take_in(conn, inbound, new_turn(turn_id, inbound, follow_reply(conn, inbound, target)), now)


def new_turn(turn_id: str, inbound: Inbound, target: Target, kind: TurnKind = TurnKind.ANSWER) -> Turn:
    """A turn that waits to answer this there."""
    return Turn(turn_id, target.conversation, target.place, kind, TurnState.WAITING, inbound.person)


def take_in(conn: Connection, inbound: Inbound, turn: Turn, now: float) -> Accepted:
    """Take a message in as this new turn's, unless one waits in its conversation already; then as that one's."""
    known = _known(conn, inbound, turn.conversation)
    if known.seen or known.asked:  # it may have become a question by an edit, which is another event
        return Accepted(Outcome.DUPLICATE)
    if not inbound.addressed and (known.begun is None or inbound.sent_at < known.begun):
        return Accepted(Outcome.IGNORED)  # what was said before we were called in is told late, by a history
    if not inbound.addressed and _follows_up(conn, inbound):
        inbound = replace(inbound, addressed=True)
    if not inbound.addressed:
        return _note(conn, inbound, turn.conversation, now)
    if known.begun is None:
        add_conversation(conn, turn.conversation, turn.place, min(inbound.sent_at, now))
    if not known.waiting:
        add_turn(conn, turn, now)
    answering = known.waiting or turn.id
    record(conn, inbound, now, turn.conversation, answering)
    return Accepted(Outcome.ASKED, turn.conversation, answering, place=turn.place)


def _known(conn: Connection, inbound: Inbound, conversation: str) -> Row[Any]:
    """Whether the event was taken in before, its message asks already, and its conversation is there and waits."""
    about = {"place": inbound.place.key, "message": inbound.message_id}
    return _KNOWN(conn, {"event": inbound.key, "conversation": conversation, **about}).one()


def _follows_up(conn: Connection, inbound: Inbound) -> bool:
    """Whether what is said in a thread in which we take part is meant for us, though nobody names us."""
    if not inbound.follows:
        return False
    asker = person_key(inbound.place.platform, inbound.person)
    return in_force(conn, inbound.place, asker).get(FOLLOW_UPS.name, "always") == "always"


def takes_part(conn: Connection, place: Place) -> bool:
    """Whether we answered in this thread before."""
    return bool(conn.scalar(select(exists().where(conversations.c.key == place.key))))


def accept_by_command(
    conn: Connection, asked: Inbound, target: Target, kind: TurnKind, model: str | None, turn_id: str, now: float
) -> Accepted:
    """Take in what a command asks of a model: always a turn of its own."""
    known = _known(conn, asked, target.conversation)
    if known.seen:
        return Accepted(Outcome.DUPLICATE)
    if known.begun is None:
        add_conversation(conn, target.conversation, target.place, now)
    add_turn(conn, replace(new_turn(turn_id, asked, target, kind), model=model), now)
    record(conn, asked, now, target.conversation, turn_id)
    return Accepted(Outcome.ASKED, target.conversation, turn_id, place=target.place)


def accept_again(
    conn: Connection,
    inbound: Inbound,
    kind: TurnKind,
    origin_id: str,
    turn_id: str,
    now: float,
    model: str | None = None,
) -> Accepted:
    """Continue an answer or write it again: a new turn, if the old one is the conversation's latest.

    `model` writes it again; without, the one that is chosen where it stands. What is continued keeps its model.
    """
    if seen(conn, inbound):
        return Accepted(Outcome.DUPLICATE)
    origin = find_turn(conn, origin_id)
    if origin is None or _has_newer(conn, origin.conversation, origin_id):
        record(conn, inbound, now)
        return Accepted(Outcome.REFUSED)
    wished = origin.kind in (TurnKind.IMAGINE, TurnKind.SUMMARY)
    if wished and kind is TurnKind.REGENERATE:
        kind = origin.kind
    writer = origin.model if kind is TurnKind.CONTINUE or (wished and model is None) else model
    turn = new_turn(turn_id, inbound, Target(origin.place, origin.conversation), kind)
    add_turn(conn, replace(turn, origin=origin_id, model=writer), now)
    record(conn, inbound, now, origin.conversation, turn_id)
    return Accepted(Outcome.ASKED, origin.conversation, turn_id)


def accept_once(conn: Connection, inbound: Inbound, now: float) -> bool:
    """Take in an event after which nothing is owed; False when it was taken in before."""
    if seen(conn, inbound):
        return False
    record(conn, inbound, now)
    return True


def turn_away(conn: Connection, inbound: Inbound, now: float) -> bool:
    """Note that people in this channel, its threads included, were turned away; False where they were before.

    Nothing of what they said is kept.
    """
    return accept_once(conn, replace(inbound, key=f"turned away:{inbound.place.parent.key}"), now)


def seen(conn: Connection, inbound: Inbound) -> bool:
    """Whether the event was taken in before."""
    return _SEEN(conn, {"event": inbound.key}).first() is not None


def record(
    conn: Connection,
    inbound: Inbound,
    now: float,
    conversation: str | None = None,
    turn_id: str | None = None,
    *,
    owed: bool = False,
) -> None:
    """Keep the event, so that it is taken in once; with its words only where it has to be answered."""
    kept = turn_id is not None or owed
    event = {
        "key": inbound.key,
        "kind": inbound.kind,
        "place": inbound.place.key,
        "message_id": inbound.message_id,
        "conversation": conversation,
        "turn_id": turn_id,
        "body": dump(inbound) if kept else "",
        "owed": int(owed),
        "received_at": now,
        "person": person_key(inbound.place.platform, inbound.person) if kept else None,
    }
    _ADD_EVENT.change(conn, event)


def follow_reply(conn: Connection, inbound: Inbound, target: Target) -> Target:
    """A reply to something in a conversation belongs to it, where a place holds many."""
    if inbound.reply_to is None or inbound.place.kind is not PlaceKind.CHANNEL:
        return target
    found = conversation_of(conn, inbound.place.key, inbound.reply_to)
    place = conn.scalar(_PLACE, {"conversation": found}) if found else None
    return Target(load(Place, place), found) if found and place else target


def conversation_of(conn: Connection, place_key: str, message_id: str) -> str | None:
    """The conversation a message belongs to, ours or somebody's."""
    ours = conn.scalar(
        select(turns.c.conversation)
        .join(posts, posts.c.turn_id == turns.c.id)
        .where(posts.c.place_key == place_key, posts.c.message_id == message_id)
    )
    return ours or conn.scalar(
        select(inbox.c.conversation).where(
            inbox.c.place == place_key, inbox.c.message_id == message_id, inbox.c.conversation.is_not(None)
        )
    )


def _note(conn: Connection, inbound: Inbound, conversation: str, now: float) -> Accepted:
    record(conn, inbound, now, conversation)
    append(conn, conversation, [item_from(inbound, Role.NOTE, None)], inbound.place, now)
    return Accepted(Outcome.NOTED, conversation)


def _has_newer(conn: Connection, conversation: str, turn_id: str) -> bool:
    """Whether the conversation went on after this turn, or is about to."""
    return bool(
        count(
            conn,
            turns,
            turns.c.conversation == conversation,
            turns.c.n > select(turns.c.n).where(turns.c.id == turn_id).scalar_subquery(),
        )
    )
