"""What a turn needs before the model is asked: earlier messages of the place, and what is in the files."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from bot.conversation.history import reading_bytes
from bot.conversation.ports import Ports
from bot.errors import FileRefused, PlatformError, StoreError
from bot.media.links import fetch_link, picture_links
from bot.messages import (
    Attachment,
    Item,
    PastMessage,
    Reading,
    ReadingKind,
    Role,
    StoredFile,
    TurnKind,
)
from bot.ports import Adapter, DescribesFiles, ReadFile, ReadsHistory, offers
from bot.store.intents.claims import Claim
from bot.store.intents.history import keep_readings, seed

log = structlog.get_logger(__name__)

_FETCH_TRIES = 3
_LINKS = 4

Told = TypeVar("Told")
Slow = Callable[[Sequence[str]], None]
"""Told the names of the files about to be read, for the status line."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said in a place before. `read` is False where the platform would not tell just now."""

    notes: tuple[Item, ...] = ()
    read: bool = True


async def earlier_messages(ports: Ports, adapter: Adapter, claim: Claim) -> Earlier:
    """What was said in the place before we were called into it, as notes; remembered, so it is read once.

    A platform that refuses its history costs the answer its context, not the answer.
    """
    if claim.turn.kind in (TurnKind.IMAGINE, TurnKind.SUMMARY):
        return Earlier(read=False)  # the wish alone says what is wanted; the next question will want them
    if claim.seeded or not claim.asked or not offers(adapter, ReadsHistory):
        return Earlier()
    first = claim.asked[0]
    try:
        past = await adapter.history(first.place, first.message_id, ports.limits.earlier_messages)
    except PlatformError as error:
        kind = error.failure.kind
        log.warning("history refused", place=first.place.key, turn=claim.turn.id, failure=kind)
        return Earlier(read=not kind.passes)
    if not past:
        return Earlier()
    notes = as_notes(past, ports.limits.earlier_files)
    places = [message.place or first.place for message in past]
    return Earlier(await ports.store.write(seed, claim.turn.conversation, notes, places, ports.clock()))


def as_notes(past: Sequence[PastMessage], most_files: int) -> tuple[Item, ...]:
    """Earlier messages as items; the newest files among them are read, the others only named."""
    notes: list[Item] = []
    room = most_files
    for message in reversed(past):
        read, named = message.attachments[:room], message.attachments[room:]
        room -= len(read)
        notes.append(
            Item(
                seq=0,
                role=Role.NOTE,
                text="\n".join([message.text, *(f"(file, not read: {file.name})" for file in named)]),
                person=message.person,
                message_id=message.message_id,
                sent_at=message.sent_at,
                attachments=read,
            )
        )
    return tuple(reversed(notes))


async def read_files(
    ports: Ports, adapter: Adapter, conversation: str, items: Sequence[Item], slow: Slow
) -> tuple[Item, ...]:
    """The same items with what is in their files and in the pictures they link to. Each is read once, for good."""
    pending = [item for item in items if item.attachments or _links_of(item)]
    if not pending:
        return tuple(items)
    slow([a.name for item in pending for a in item.attachments if not a.voice])
    read = await asyncio.gather(*(_read_item(ports, adapter, conversation, item) for item in pending))
    known = {item.seq: item for item in read}
    return tuple(known.get(item.seq, item) for item in items)


def _links_of(item: Item) -> tuple[str, ...]:
    """Links to pictures in a question that was not read yet; what others said is never fetched."""
    if item.role is not Role.USER or item.files:
        return ()
    return picture_links(item.text)[:_LINKS]


async def _read_item(ports: Ports, adapter: Adapter, conversation: str, item: Item) -> Item:
    async def attached(attachment: Attachment) -> Reading:
        async with ports.fetching:
            try:
                known = await _described(adapter, attachment)
            except FileRefused as error:
                return Reading(ReadingKind.UNREAD, attachment.name, unread=error.said)
            return await _read(ports, adapter, known.name, lambda: adapter.fetch(known), known.size)

    async def linked(url: str) -> Reading:
        async def source() -> AsyncIterator[bytes]:
            yield await fetch_link(url, ports.limits.file_bytes)

        async with ports.fetching:
            return await _read(ports, adapter, url.rsplit("/", 1)[-1], source, None)

    unheard = [_voice(a) for a in item.attachments if a.voice]
    heard = [a for a in item.attachments if not a.voice]
    readings = await asyncio.gather(*map(attached, heard), *map(linked, _links_of(item)))
    kept = within([*unheard, *readings], ports.limits.media_bytes)
    await ports.store.write(keep_readings, conversation, item.seq, kept)
    return replace(item, attachments=(), files=kept)


def _voice(recorded: Attachment) -> Reading:
    """A voice message, of which its name alone is told."""
    said = f"{recorded.name} is a voice message, which I can't listen to. Please write what it says."
    return Reading(ReadingKind.UNREAD, recorded.name, unread=said)


def within(readings: Sequence[Reading], most: int) -> tuple[Reading, ...]:
    """The readings with at most so many bytes of pictures and whole files in all; what is left out says so."""
    kept: list[Reading] = []
    for reading in readings:
        most -= reading_bytes(reading)
        kept.append(reading if most >= 0 or not reading_bytes(reading) else _lightened(reading))
    return tuple(kept)


def _lightened(reading: Reading) -> Reading:
    """A reading without its bytes; its text stays."""
    left = "Only its text was read" if reading.text else "It was left out"
    said = f"{reading.name} came with too much else in one message. {left}; send it in a message of its own."
    return replace(reading, pictures=(), original=None, unread=reading.unread or said)


async def _read(
    ports: Ports,
    adapter: Adapter,
    name: str,
    source: Callable[[], AsyncIterator[bytes]],
    size: int | None,
) -> Reading:
    limit = ports.limits.file_bytes
    try:
        if size is not None and size > limit:
            raise _too_large(name, limit)
        data = await _tried(adapter, name, lambda: _collect(source(), name, limit))
        return await _keep(ports, await ports.reader.read(name, data))
    except FileRefused as error:
        return Reading(ReadingKind.UNREAD, name, unread=error.said)


async def _keep(ports: Ports, file: ReadFile) -> Reading:
    for data in file.blobs.values():
        await ports.files.put(data)
    return file.reading


async def _described(adapter: Adapter, attachment: Attachment) -> Attachment:
    """The file as its platform knows it, which may have announced no more than its id."""
    if not offers(adapter, DescribesFiles):
        return attachment
    return await _tried(adapter, attachment.name, lambda: adapter.described(attachment))


async def _tried(adapter: Adapter, name: str, ask: Callable[[], Awaitable[Told]]) -> Told:
    """What the platform tells; asked again while it only stumbles."""
    for tries in range(1, _FETCH_TRIES + 1):
        try:
            return await ask()
        except PlatformError as error:
            failure = error.failure
            log.warning("file not fetched", platform=adapter.platform, failure=failure.kind, tries=tries)
            if not failure.kind.passes or tries == _FETCH_TRIES:
                break
            await asyncio.sleep(failure.retry_after or 0.5 * tries)
    raise FileRefused(f"{name} could not be fetched from {adapter.platform}. Attach it again.")


async def _collect(pieces: AsyncIterator[bytes], name: str, limit: int) -> bytes:
    data = bytearray()
    async for piece in pieces:
        data += piece
        if len(data) > limit:
            raise _too_large(name, limit)
    return bytes(data)


def _too_large(name: str, limit: int) -> FileRefused:
    return FileRefused(f"{name} is too large: {limit // 1_000_000} MB are the most. Send a smaller one.")


async def kept_bytes(ports: Ports, files: Iterable[StoredFile]) -> dict[str, bytes]:
    """The bytes of these files by hash. One that is missing or damaged is left out, which the prompt then says."""
    found: dict[str, bytes] = {}
    for file in files:
        try:
            found[file.sha256] = await ports.files.get(file.sha256)
        except StoreError as error:
            log.error("file lost", sha256=file.sha256, error=str(error))
    return found
