"""The calls of tools: recorded before they run and after, and asked about where a person has to agree first."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from bot.messages import Inbound, Item, Refusal, Reservation, Turn
from bot.store.intents.accounts import Purse, reserve_for_turn
from bot.store.intents.inbox import record, seen
from bot.store.intents.rows import append
from bot.store.schema import tool_calls

NOT_KEPT = "(This result was for one answer only and is not kept. Call the tool again if it is needed.)"
"""What stands in the history where a result was that is kept nowhere."""


class CallState(StrEnum):
    """How far a call has come. `STARTED`: whether it took effect is not known."""

    STARTED = "started"
    DONE = "done"
    ASKED = "asked"
    ALLOWED = "allowed"
    DECLINED = "declined"


def mark_of(call_id: str) -> str:
    """A short name for a call of a turn, for buttons: models make ids of any length."""
    return hashlib.sha256(call_id.encode(errors="replace")).hexdigest()[:12]


def begin_calls(conn: Connection, conversation: str, item: Item, now: float) -> tuple[Item, ...]:
    """Record a round's tool calls before any of them runs."""
    numbered = append(conn, conversation, [item], None, now)
    for call in item.tool_calls:
        row = {"turn_id": item.turn_id, "call_id": call.id, "name": call.name, "started_at": now}
        conn.execute(insert(tool_calls).values(state=CallState.STARTED, **row))
    return numbered


def end_call(conn: Connection, conversation: str, result: Item, now: float) -> Item:
    """Record one call's result after it ran; the same, numbered. Of a fleeting one the text is not kept."""
    conn.execute(
        update(tool_calls)
        .where(tool_calls.c.turn_id == result.turn_id, tool_calls.c.call_id == result.tool_call_id)
        .values(state=CallState.DONE, ended_at=now)
    )
    kept = replace(result, text=NOT_KEPT) if result.fleeting else result
    (numbered,) = append(conn, conversation, [kept], None, now)
    return replace(numbered, text=result.text)


def end_round(
    conn: Connection, turn: Turn, history: Sequence[Item], chosen: Mapping[str, str], purse: Purse
) -> tuple[Item, Reservation | Refusal]:
    """Record a round's last result, with which this history ends, and set aside what the next request may cost."""
    numbered = end_call(conn, turn.conversation, history[-1], purse.now)
    return numbered, reserve_for_turn(conn, turn, history, chosen, purse)


def call_state(conn: Connection, turn_id: str, call_id: str) -> CallState | None:
    """How far a call has come; None for one that was never begun."""
    mine = (tool_calls.c.turn_id == turn_id, tool_calls.c.call_id == call_id)
    state = conn.scalar(select(tool_calls.c.state).where(*mine))
    return CallState(state) if state else None


def set_call_state(conn: Connection, turn_id: str, call_id: str, state: CallState) -> None:
    """Remember how far a call has come."""
    mine = (tool_calls.c.turn_id == turn_id, tool_calls.c.call_id == call_id)
    conn.execute(update(tool_calls).where(*mine).values(state=state))


def decide_call(conn: Connection, inbound: Inbound, now: float, *, allowed: bool) -> bool:
    """Take in what was decided about a call that waits for it; False where none does any more."""
    action = inbound.action
    if action is None or seen(conn, inbound):
        return False
    record(conn, inbound, now)
    waiting = (tool_calls.c.turn_id == action.turn_id, tool_calls.c.state == CallState.ASKED)
    found = (
        one for one in conn.scalars(select(tool_calls.c.call_id).where(*waiting)) if mark_of(one) == action.value
    )
    call_id = next(found, None)
    if call_id is not None:
        set_call_state(conn, action.turn_id, call_id, CallState.ALLOWED if allowed else CallState.DECLINED)
    return call_id is not None
