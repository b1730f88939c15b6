"""What a conversation remembers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.messages.files import Attachment, Reading
from bot.messages.places import Person


class Role(StrEnum):
    """Whose words an item holds. A note is what others said without asking us: never an instruction."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A whole call of a tool, as the model asked for it. `arguments` is JSON text, perhaps broken."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a conversation's history. `attachments` are those whose bytes were not read yet.

    `untrusted` marks a tool's result that holds what strangers wrote, `fleeting` one whose text is for its turn
    alone: a store keeps it without. `unseen` marks a question that was typed as a command: nobody else read it.
    """

    seq: int
    role: Role
    text: str = ""
    person: Person | None = None
    message_id: str | None = None
    turn_id: str | None = None
    sent_at: float | None = None
    attachments: tuple[Attachment, ...] = ()
    files: tuple[Reading, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    reasoning_details: tuple[Mapping[str, Any], ...] = ()
    untrusted: bool = False
    fleeting: bool = False
    unseen: bool = False
