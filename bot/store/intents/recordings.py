"""Which channels are recorded, as people chose, and how far their earlier messages were read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.messages import PastMessage, Place
from bot.preferences import RECORDING
from bot.store.codec import dump, load
from bot.store.indexing import MICROSECONDS
from bot.store.intents.recorded import record
from bot.store.schema import backfills, indexed_messages, indexed_places, recordings, settings


class RecordingState(StrEnum):
    """How far a choice has come. Nothing is kept before people in the channel were told."""

    WANTED = "wanted"  # chosen, and not said in the channel yet
    ON = "on"  # said: what is said from then on is kept
    OFF = "off"  # chosen, and not all is forgotten yet


@dataclass(frozen=True, slots=True)
class Recording:
    """A channel that is recorded, is to be, or was. `read` earlier messages were read, back to `reached`."""

    place: Place
    state: RecordingState
    since: float
    read: int = 0
    reached: float | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """Earlier messages still to be read in a channel or a thread: those before a message, or all since a time."""

    id: int
    place: Place
    before: str | None
    since: float


def settle_choices(conn: Connection, now: float) -> Sequence[Recording]:
    """Take up what people chose since; every channel as it stands now.

    A channel that is chosen again while it is still being forgotten begins anew once that is done.
    """
    on = set(conn.scalars(_CHOSEN))
    states = {row.channel: row.state for row in conn.execute(select(recordings.c.channel, recordings.c.state))}
    for channel in sorted(on - states.keys()):
        fresh = {"channel": channel, "place": dump(_channel(channel)), "since": now, "read": 0}
        conn.execute(insert(recordings).values(state=RecordingState.WANTED, **fresh))
    for channel in states.keys() - on:
        if states[channel] == RecordingState.WANTED:
            end_recording(conn, channel)
        else:
            _become(conn, channel, RecordingState.OFF)
    return [_recording(row) for row in conn.execute(select(recordings).order_by(recordings.c.channel))]


_CHOSEN = select(settings.c.scope).where(settings.c.name == RECORDING.name, settings.c.value == "on")


def _channel(key: str) -> Place:
    platform, workspace, channel = map(unquote, key.split(":")[:3])
    return Place(platform, workspace, channel)


def _recording(row: Row[Any]) -> Recording:
    return Recording(load(Place, row.place), RecordingState(row.state), row.since, row.read, row.reached)


def find_recording(conn: Connection, channel: str) -> Recording | None:
    """How a channel is recorded, by its key."""
    row = conn.execute(select(recordings).where(recordings.c.channel == channel)).first()
    return _recording(row) if row else None


def begin_recording(
    conn: Connection, channel: str, told_by: str, now: float, since: float, overlap: float
) -> None:
    """People in the channel were told by a message: keep what is said, and read what was before it.

    `told_by` is the message's id, `since` how far back that goes. What was said while we told them is read too.
    """
    place = conn.scalar(
        select(recordings.c.place).where(
            recordings.c.channel == channel, recordings.c.state == RecordingState.WANTED
        )
    )
    if place is not None:
        conn.execute(update(recordings).where(recordings.c.channel == channel).values(state="on", since=now))
        _add_backfill(conn, channel, place, None, now - overlap)
        _add_backfill(conn, channel, place, told_by, since)


def refuse_recording(conn: Connection, channel: str) -> None:
    """People could not be told: take the choice back."""
    conn.execute(delete(settings).where(settings.c.scope == channel, settings.c.name == RECORDING.name))
    end_recording(conn, channel)


def end_recording(conn: Connection, channel: str) -> None:
    """Nothing of it is left."""
    conn.execute(delete(backfills).where(backfills.c.channel == channel))
    conn.execute(delete(recordings).where(recordings.c.channel == channel))


def _become(conn: Connection, channel: str, state: RecordingState) -> None:
    conn.execute(update(recordings).where(recordings.c.channel == channel).values(state=state))
    conn.execute(delete(backfills).where(backfills.c.channel == channel))


# --- earlier messages ----------------------------------------------------------------------------


def read_gap(conn: Connection, channel: str, overlap: float) -> None:
    """Have all read that was said in a channel since the last that is kept of it: we may have missed some."""
    recording = conn.execute(select(recordings).where(recordings.c.channel == channel)).first()
    if recording is None or recording.state != RecordingState.ON:
        return
    here = select(indexed_places.c.id).where(indexed_places.c.key == channel)
    newest = conn.scalar(
        select(func.max(indexed_messages.c.id)).where(
            indexed_messages.c.place_id.in_(here), indexed_messages.c.recorded == 1
        )
    )
    last = max(newest / MICROSECONDS, recording.since) if newest is not None else recording.since
    _add_backfill(conn, channel, recording.place, None, last - overlap)


def next_backfills(conn: Connection, platform: str, most: int = 1) -> Sequence[Backfill]:
    """What is to be read next on a platform: what was missed of late before what is older still."""
    rows = conn.execute(
        select(backfills)
        .join(recordings, recordings.c.channel == backfills.c.channel)
        .where(
            recordings.c.state == RecordingState.ON,
            backfills.c.channel.startswith(f"{platform}:", autoescape=True),
        )
        .order_by(backfills.c.before.is_not(None), backfills.c.id)
        .limit(most)
    )
    return [Backfill(row.id, load(Place, row.place), row.before, row.since) for row in rows]


def keep_page(
    conn: Connection,
    backfill: Backfill,
    said: Sequence[PastMessage],
    before: str | None,
    apart: Collection[str] = (),
    threads: Sequence[Place] = (),
    *,
    last: bool = False,
) -> None:
    """Keep some of a page of earlier messages; with the `last` of them where it goes on, None for nowhere.

    `threads` hang on messages of the page, and are read as well. Nothing is kept where recording has ended since.
    """
    row = conn.execute(select(backfills).where(backfills.c.id == backfill.id)).first()
    if row is None:
        return
    new = record(conn, said, apart)
    for thread in threads:
        _add_backfill(conn, row.channel, dump(thread), None, row.since)
    if last and before is None:
        conn.execute(delete(backfills).where(backfills.c.id == row.id))
    elif last:
        conn.execute(update(backfills).where(backfills.c.id == row.id).values(before=before))
    values: dict[str, Any] = {"read": recordings.c.read + new}
    if said and row.before is not None:
        values["reached"] = min(one.sent_at for one in said)
    conn.execute(update(recordings).where(recordings.c.channel == row.channel).values(values))


def drop_backfill(conn: Connection, backfill_id: int) -> None:
    """Read no more of it."""
    conn.execute(delete(backfills).where(backfills.c.id == backfill_id))


def backfills_left(conn: Connection, channel: str) -> int:
    """How many places of a channel are still to be read."""
    return conn.scalar(select(func.count()).select_from(backfills).where(backfills.c.channel == channel)) or 0


def _add_backfill(conn: Connection, channel: str, place: str, before: str | None, since: float) -> None:
    waits = (
        backfills.c.place == place,
        backfills.c.before.is_(None) if before is None else backfills.c.before == before,
    )
    if conn.scalar(select(backfills.c.id).where(*waits)) is None:
        conn.execute(insert(backfills).values(channel=channel, place=place, before=before, since=since))
