"""What the next turn of an old conversation costs beside that of a young one: claimed and made into a prompt."""

import asyncio
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, update

from bot.conversation.history import Cut, Room, plan_cut
from bot.conversation.prompt import Moment, build, files_needed
from bot.messages import Inbound, InboundKind, Item, Place, Rendered, Role, TurnKind, TurnState
from bot.store.codec import dump
from bot.store.engine import Store, open_store
from bot.store.intents.claims import Claim
from bot.store.intents.history import cut
from bot.store.intents.inbox import Target, accept_message
from bot.store.intents.rows import open_conversation
from bot.store.intents.turns import claim, finish
from bot.store.schema import conversations, inbox, items, posts, turns
from tests.bench.core import MODEL, question, workplace
from tests.bench.figures import Figure

OLD, YOUNG = 100_000, 1_000
VISIBLE = 250  # items that are not cut yet
TURNS = 300
WORDS = "A sentence as people write it in a chat, with a few words more than it needs. " * 4


def figures() -> Iterable[Figure]:
    """Milliseconds to claim a turn and build its prompt, and how they grow with age."""
    with workplace() as directory:
        seen = asyncio.run(_measure(directory))
    old, young = (statistics.median(seen[age]) for age in (OLD, YOUNG))
    yield Figure(f"next turn after {OLD:,} items, median", old * 1000, unit="ms")
    yield Figure(f"next turn after {YOUNG:,} items, median", young * 1000, unit="ms")
    yield Figure("the old one beside the young one", old / young, 1.1, "times")


async def _measure(directory: Path) -> dict[int, list[float]]:
    """Seconds of each turn by age. The two conversations alternate, so that they meet the same machine."""
    store = await asyncio.to_thread(open_store, f"sqlite:///{directory / 'history.db'}")
    seen: dict[int, list[float]] = {OLD: [], YOUNG: []}
    for age in seen:
        await store.write(_have_lived, question("long ago", f"aged {age}"), age)
    for number in range(TURNS):
        for age, seconds in seen.items():
            seconds.append(await _turn(store, question(f"turn {number} at {age}", f"aged {age}")))
    await store.close()
    return seen


async def _turn(store: Store, asked: Inbound) -> float:
    """A whole turn; the seconds from its claim to its prompt."""
    place, turn_id, now = asked.place, asked.text, time.time()
    await store.write(accept_message, asked, Target(place, place.key), turn_id, now)
    started = time.perf_counter()
    claimed = await store.write(claim, turn_id, place, "town:u1", f"post {turn_id}", MODEL, now)
    assert claimed is not None
    planned = _prompt(claimed, now)
    spent = time.perf_counter() - started
    await store.write(cut, place.key, planned.seq, planned.media_seq)
    said = Item(0, Role.ASSISTANT, WORDS, turn_id=turn_id)
    await store.write(finish, claimed.turn, TurnState.DONE, Rendered(WORDS, final=True), [said], now)
    return spent


def _prompt(claimed: Claim, now: float) -> Cut:
    """What a turn does to ask the model; where the history is cut from then on."""
    turn = claimed.turn
    planned = plan_cut(claimed.items, Room(), Cut(claimed.cut_seq, claimed.media_seq), turn.id)
    kept = tuple(item for item in claimed.items if item.seq >= planned.seq)
    assert not files_needed(kept, None, planned.media_seq)
    assert build(kept, Moment(now, turn.place, claimed.speakers), None, planned.media_seq, {}, turn.id)
    return planned


def _have_lived(conn: Connection, asked: Inbound, age: int) -> None:
    """A conversation of so many items, a question and an answer a turn, all but the last of them cut."""
    place = asked.place
    open_conversation(conn, place.key, place, 0.0)
    numbers = {"next_seq": age, "cut_seq": age - VISIBLE, "media_seq": age - VISIBLE, "seeded": 1}
    conn.execute(update(conversations).where(conversations.c.key == place.key).values(numbers))
    lived: dict[Table, list[dict[str, Any]]] = {items: [], inbox: [], turns: [], posts: []}
    for n in range(age // 2):
        for table, rows in _turn_rows(asked, place, f"{age}-{n}", n).items():
            lived[table] += rows
    for table, rows in lived.items():
        conn.execute(insert(table), rows)


def _turn_rows(asked: Inbound, place: Place, turn: str, n: int) -> dict[Table, Sequence[dict[str, Any]]]:
    here = {"place": place.key, "message_id": f"asked {turn}", "turn_id": turn}
    question_row = {"conversation": place.key, "seq": 2 * n, "role": Role.USER, "erased": 0, **here}
    question_row["body"] = dump(Item(2 * n, Role.USER, WORDS, asked.person, f"asked {turn}", turn, 0.0))
    answer_row = {**question_row, "seq": 2 * n + 1, "role": Role.ASSISTANT, "place": None, "message_id": None}
    answer_row["body"] = dump(Item(2 * n + 1, Role.ASSISTANT, WORDS, turn_id=turn))
    event_row = {**here, "key": turn, "kind": InboundKind.MESSAGE, "conversation": place.key}
    turn_row = {"id": turn, "conversation": place.key, "place": dump(place), "kind": TurnKind.ANSWER}
    counts = {"attempt": 1, "restarts": 0, "stopping": 0, "delivered": 1, "created_at": 0.0}
    post_row = {"key": turn, "turn_id": turn, "place": dump(place), "place_key": place.key, "n": 0}
    return {
        items: [question_row, answer_row],
        inbox: [{**event_row, "body": dump(asked), "owed": 0, "received_at": 0.0}],
        turns: [{**turn_row, **counts, "state": TurnState.DONE, "requester": dump(asked.person)}],
        posts: [{**post_row, "message_id": f"shown {turn}", "state": "confirmed"}],
    }
