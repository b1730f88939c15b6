"""What a conversation works with, handed over once."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.conversation.pseudonyms import Pseudonyms
from bot.delivery.pump import Pump
from bot.ledger.ledger import Ledger
from bot.ports import Adapter, Clock, Gateway, MediaReader, Meter, NewId, NoMeter, Recording, Reminders
from bot.store.engine import Store
from bot.store.files import Files
from bot.summaries.summariser import Summaries
from bot.tools.base import Outside, Tool

FILES_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything: turns at once, earlier messages read, rounds of tools, bytes of a file."""

    turns: int = 256
    turns_per_person: int = 4
    earlier_messages: int = 50
    earlier_files: int = 10
    rounds: int = 8
    answer_tokens: int = 8_000
    file_bytes: int = 25_000_000
    media_bytes: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything around a conversation: its store, its model, its platforms, its time.

    `fallbacks` are models that answer, in this order, where another can't. What goes through the `gateway` is paid
    for in the `ledger`. `fetching` lets so many files be fetched and read at once, over all conversations: each is
    held in memory. The gateway knows people and conversations by their `pseudonyms` alone. `more_tools` are those
    of other programs, which come and go while this one runs; `outside` is what tools may reach.
    """

    store: Store
    files: Files
    gateway: Gateway
    ledger: Ledger
    reader: MediaReader
    pump: Pump
    adapters: Mapping[str, Adapter]
    tools: Sequence[Tool[Any]]
    clock: Clock
    new_id: NewId
    default_model: str
    pseudonyms: Pseudonyms
    fallbacks: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    more_tools: Callable[[], Sequence[Tool[Any]]] = tuple
    outside: Outside = field(default_factory=Outside)
    meter: Meter = field(default_factory=NoMeter)
    reminders: Reminders | None = None
    summaries: Summaries | None = None
    recording: Recording | None = None
    fetching: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FILES_AT_ONCE))
