"""The life of a turn: claimed, tried, perhaps tried again, ended. Each step is one commit."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from bot.messages import (
    Inbound,
    InboundKind,
    Item,
    Place,
    Rendered,
    Role,
    Turn,
    TurnKind,
    TurnState,
    person_key,
)
from bot.store.codec import dump, load
from bot.store.intents.accounts import Purse
from bot.store.intents.claims import Claim, asked_in, claimed
from bot.store.intents.inbox import Accepted, Target, follow_reply, new_turn, take_in
from bot.store.intents.nearing import Ended, Watch, noting_limits
from bot.store.intents.posts import PostRow, add_post, posts_of
from bot.store.intents.rows import (
    LINE,
    append,
    erase_items,
    find_turn,
    get_turn,
    turn_of,
)
from bot.store.intents.said import make_history
from bot.store.intents.settings import MODEL, in_force
from bot.store.prepared import Prepared
from bot.store.schema import conversations, inbox, items, posts, turns

CONTINUE = "Continue exactly where you stopped. Do not repeat anything."
"""What the model is asked when somebody presses Continue."""

_BEGIN = Prepared(
    update(turns)
    .where(turns.c.id == bindparam("turn_id"), turns.c.state == TurnState.WAITING)
    .values(
        state=TurnState.RUNNING,
        attempt=1,
        model=func.coalesce(turns.c.model, bindparam("otherwise")),
        started_at=bindparam("now"),
    )
    .returning(turns)
)
_KNOWN = Prepared(
    select(items.c.message_id).where(items.c.turn_id == bindparam("turn_id"), items.c.message_id.is_not(None))
)
_END = Prepared(
    update(turns)
    .where(turns.c.id == bindparam("turn_id"), turns.c.state == TurnState.RUNNING)
    .values(
        state=bindparam("ending"), final=bindparam("form"), error=bindparam("cause"), ended_at=bindparam("now")
    )
)
_RESTATED = update(turns).where(turns.c.id == bindparam("turn_id")).values(final=bindparam("form"))
_BEFORE = Prepared(select(LINE.c.id).where(LINE.c.back > 0))
_ASKED_BEFORE = Prepared(
    select(inbox.c.body)
    .join(LINE, LINE.c.id == inbox.c.turn_id)
    .where(LINE.c.back > 0, inbox.c.body != "", inbox.c.kind != InboundKind.BUTTON)
    .order_by(LINE.c.back.desc(), inbox.c.id)
)
_SEEDED = Prepared(update(conversations).where(conversations.c.key == bindparam("conversation")).values(seeded=1))


def accept_and_begin(
    conn: Connection,
    inbound: Inbound,
    target: Target,
    turn_id: str,
    post_key: str,
    default_model: str,
    now: float,
    purse: Purse | None = None,
) -> tuple[Accepted, Claim | None]:
    """Take a message in and begin to answer it, in one commit: where nothing is under way in its conversation.

    No claim for what begins no turn of its own.
    """
    target = follow_reply(conn, inbound, target)
    chosen = in_force(conn, target.place, person_key(target.place.platform, inbound.person))
    waiting, model = new_turn(turn_id, inbound, target), chosen.get(MODEL, default_model)
    turn = replace(waiting, state=TurnState.RUNNING, attempt=1, model=model)
    accepted = take_in(conn, inbound, turn, now)
    if accepted.turn_id != turn_id:
        return accepted, None
    asked, post = (inbound,), PostRow(post_key, 0, None)
    make_history(conn, turn, asked, now)
    add_post(conn, post_key, turn_id, turn.place, 0)
    return accepted, claimed(conn, turn, asked, (post,), chosen, purse)


def claim(
    conn: Connection,
    turn_id: str,
    place: Place,
    asker: str,
    post_key: str,
    default_model: str,
    now: float,
    purse: Purse | None = None,
) -> Claim | None:
    """Begin a waiting turn: its messages become history, its first post is intended. None if it waits no more.

    `place` is the turn's own, `asker` the key of the person who asked. The money of its first request is set aside
    from the `purse`; without one it is when the request is made.
    """
    chosen = in_force(conn, place, asker)
    otherwise = chosen.get(MODEL, default_model)
    row = _BEGIN(conn, {"turn_id": turn_id, "otherwise": otherwise, "now": now}).first()
    if row is None:
        return None
    turn = turn_of(row)
    asked = asked_in(conn, turn_id)
    if turn.origin is None:
        make_history(conn, turn, asked, now)
    else:
        _take_over(conn, turn, now)
    shown = posts_of(conn, turn_id)
    if not shown:
        add_post(conn, post_key, turn_id, turn.place, 0)
        shown = (PostRow(post_key, 0, None),)
    return claimed(conn, turn, asked, shown, chosen, purse)


def resume(conn: Connection, turn_id: str, purse: Purse | None = None) -> Claim | None:
    """Try a turn again that a dead process left running; the attempt is counted before it begins."""
    turn = find_turn(conn, turn_id)
    if turn is None or turn.state is not TurnState.RUNNING:
        return None
    conn.execute(update(turns).where(turns.c.id == turn_id).values(attempt=turns.c.attempt + 1))
    chosen = in_force(conn, turn.place, turn.asker)
    return claimed(conn, get_turn(conn, turn_id), asked_in(conn, turn_id), posts_of(conn, turn_id), chosen, purse)


def hand_over(conn: Connection, turn_id: str) -> None:
    """Leave a running turn to the next process without counting this attempt."""
    conn.execute(
        update(turns)
        .where(turns.c.id == turn_id, turns.c.state == TurnState.RUNNING)
        .values(attempt=turns.c.attempt - 1)
    )


def restart(
    conn: Connection, turn_id: str, now: float, joining: str | None = None, purse: Purse | None = None
) -> Claim | None:
    """Begin a running turn again with its messages as they are now; those of a turn that joins it become its own.

    For the first moments of an answer only, while nothing of it is visible.
    """
    turn = find_turn(conn, turn_id)
    if turn is None or turn.state is not TurnState.RUNNING:
        return None
    joined = find_turn(conn, joining) if joining is not None else None
    if joined is not None and joined.state is TurnState.WAITING:
        conn.execute(update(inbox).where(inbox.c.turn_id == joined.id).values(turn_id=turn_id))
        conn.execute(delete(turns).where(turns.c.id == joined.id))
    asked = asked_in(conn, turn_id)
    known = set(_KNOWN(conn, {"turn_id": turn_id}).scalars())
    make_history(conn, turn, [inbound for inbound in asked if inbound.message_id not in known], now)
    conn.execute(update(turns).where(turns.c.id == turn_id).values(restarts=turns.c.restarts + 1))
    chosen = in_force(conn, turn.place, turn.asker)
    return claimed(conn, get_turn(conn, turn_id), asked, posts_of(conn, turn_id), chosen, purse)


def finish(
    conn: Connection,
    turn: Turn,
    state: TurnState,
    final: Rendered,
    said: Sequence[Item],
    now: float,
    *,
    error: str | None = None,
    seeded: bool = False,
    watch: Watch | None = None,
) -> Ended | None:
    """End a turn: what was said and its final form, in one commit. None if it had ended already.

    `seeded` says that the place's earlier messages were read. With `watch` the final form also tells of limits
    that are nearly used, each once a day.
    """
    ending = {"turn_id": turn.id, "ending": state, "form": dump(final), "cause": error, "now": now}
    if not _END.change(conn, ending):
        return None
    append(conn, turn.conversation, said, None, now)
    if seeded:
        _SEEDED.change(conn, {"conversation": turn.conversation})
    ended = Ended(final) if watch is None else noting_limits(conn, final, watch)
    if ended.near:
        conn.execute(_RESTATED, {"turn_id": turn.id, "form": dump(ended.final)})
    return ended


def cancel_waiting(conn: Connection, turn_id: str, final: Rendered, now: float) -> bool:
    """Stop a turn that has not begun. False when it has."""
    done = conn.execute(
        update(turns)
        .where(turns.c.id == turn_id, turns.c.state == TurnState.WAITING)
        .values(state=TurnState.STOPPED, final=dump(final), ended_at=now)
    )
    return done.rowcount > 0


def _take_over(conn: Connection, turn: Turn, now: float) -> None:
    """A continued or repeated answer owns the messages of the one before it."""
    chain = _BEFORE(conn, {"turn_id": turn.id}).scalars().all()
    conn.execute(update(posts).where(posts.c.turn_id.in_(chain), posts.c.state != "gone").values(turn_id=turn.id))
    if turn.kind is TurnKind.CONTINUE:
        request = Item(seq=0, role=Role.USER, text=CONTINUE, person=turn.requester, turn_id=turn.id)
        append(conn, turn.conversation, [request], None, now)
        return
    asked = select(inbox.c.message_id).where(inbox.c.turn_id.in_(chain), inbox.c.kind != InboundKind.BUTTON)
    answered = conn.execute(
        select(items).where(
            items.c.turn_id.in_(chain),
            items.c.erased == 0,
            or_(items.c.message_id.is_(None), items.c.message_id.not_in(asked)),
        )
    ).all()
    erase_items(conn, answered)
    known = set(conn.scalars(select(items.c.message_id).where(items.c.turn_id.in_(chain))))
    asked_before = [load(Inbound, body) for body in _ASKED_BEFORE(conn, {"turn_id": turn.id}).scalars()]
    make_history(conn, turn, [inbound for inbound in asked_before if inbound.message_id not in known], now)
