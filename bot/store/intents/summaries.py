"""Digests that are kept, by the place they are of; each is gone with the first of its messages that goes."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, insert, or_, select

from bot.messages import Digest, InboundKind, KeptDigest, TurnKind
from bot.store.codec import dump, load
from bot.store.intents.posts import OPEN
from bot.store.schema import inbox, posts, summaries, turns

MOST_WHOLE = 6
"""Digests of whole conversations that are kept for one place; the oldest go."""

MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class OwnPosts:
    """Messages of ours, by their ids: those that showed summaries, and those that are still being written."""

    summaries: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()


def kept_digests(conn: Connection, place: str, version: int) -> tuple[KeptDigest, ...]:
    """What is kept of a place, asked for in this way."""
    mine = (summaries.c.place == place, summaries.c.version == version)
    return tuple(map(_kept, conn.execute(select(summaries).where(*mine).order_by(summaries.c.id))))


def keep_digest(conn: Connection, kept: KeptDigest, read_at: float) -> None:
    """Keep a digest of messages that were read then; a whole one takes the place of what was kept from the same
    beginning. One of them that has changed or gone meanwhile is no longer told: then nothing is kept."""
    here = inbox.c.place.in_((kept.place, kept.channel)), inbox.c.kind.in_((InboundKind.EDIT, InboundKind.DELETE))
    changed = conn.scalars(select(inbox.c.message_id).where(*here, inbox.c.received_at >= read_at))
    if any(message_id in kept.messages for message_id in changed):
        return
    if not kept.part and kept.begins is not None:
        same = (summaries.c.place == kept.place, summaries.c.begins == kept.begins, summaries.c.part == 0)
        conn.execute(delete(summaries).where(*same))
    conn.execute(insert(summaries).values(_row(kept)))
    _trim(conn, kept.place, part=kept.part)


def forget_digests(conn: Connection, channel: str, message_id: str) -> None:
    """A message of this channel, or of a thread in it, has changed or gone: so has every digest made from it."""
    named = f"{orjson.dumps(message_id).decode()}:"
    mine = (summaries.c.channel == channel, summaries.c.messages.contains(named, autoescape=True))
    conn.execute(delete(summaries).where(*mine))


def own_posts(conn: Connection, place: str) -> OwnPosts:
    """Our messages in a place that are not to be summarised."""
    told = select(posts.c.message_id, turns.c.kind).join(turns, turns.c.id == posts.c.turn_id)
    left_out = or_(turns.c.kind == TurnKind.SUMMARY, turns.c.state.in_(OPEN))
    rows = conn.execute(told.where(posts.c.place_key == place, posts.c.message_id.is_not(None), left_out)).all()
    summaries_of = frozenset(row.message_id for row in rows if row.kind == TurnKind.SUMMARY)
    return OwnPosts(summaries_of, frozenset(row.message_id for row in rows) - summaries_of)


def _trim(conn: Connection, place: str, *, part: bool) -> None:
    mine = (summaries.c.place == place, summaries.c.part == int(part))
    newest = select(summaries.c.id).where(*mine).order_by(summaries.c.id.desc())
    newest = newest.limit(MOST_PARTS if part else MOST_WHOLE)
    conn.execute(delete(summaries).where(*mine, summaries.c.id.not_in(newest)))


def _row(kept: KeptDigest) -> dict[str, Any]:
    return {
        "place": kept.place,
        "channel": kept.channel,
        "begins": kept.begins,
        "part": int(kept.part),
        "newest_only": int(kept.newest_only),
        "messages": dump(kept.messages),
        "people": dump(kept.people),
        "first_at": kept.first_at,
        "last_at": kept.last_at,
        "body": dump(kept.digest),
        "model": kept.model,
        "version": kept.version,
        "made_at": kept.made_at,
    }


def _kept(row: Row[Any]) -> KeptDigest:
    return KeptDigest(
        place=row.place,
        channel=row.channel,
        messages=orjson.loads(row.messages),
        people=tuple(orjson.loads(row.people)),
        first_at=row.first_at,
        last_at=row.last_at,
        digest=load(Digest, row.body),
        model=row.model,
        version=row.version,
        made_at=row.made_at,
        begins=row.begins,
        part=bool(row.part),
        newest_only=bool(row.newest_only),
    )
