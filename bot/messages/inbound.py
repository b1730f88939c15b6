"""What happens on a platform, normalised."""

from dataclasses import dataclass
from enum import StrEnum

from bot.messages.commands import CommandCall
from bot.messages.files import Attachment
from bot.messages.places import Person, Place


class InboundKind(StrEnum):
    """What happened on the platform."""

    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    COMMAND = "command"
    BUTTON = "button"


class ActionName(StrEnum):
    """What a button under an answer does."""

    STOP = "stop"
    CONTINUE = "continue"
    REGENERATE = "regenerate"
    OTHER_MODEL = "other_model"
    GOOD = "good"
    BAD = "bad"
    CONFIRM = "confirm"
    DECLINE = "decline"
    VOTE = "vote"
    SNOOZE = "snooze"
    DONE = "done"
    CANCEL = "cancel"
    FORGET = "forget"
    KEEP = "keep"
    USE_ALOUD = "use_aloud"


@dataclass(frozen=True, slots=True)
class Action:
    """A button under an answer: what it does, the turn it does it to, and with what.

    `STOP` without a turn stops what is at work in the place. `OTHER_MODEL` takes a model's id as its `value`; a
    surface offers what completing `/model` does to choose from. `CONFIRM` and `DECLINE` name a tool's call. `VOTE`
    names a choice of the poll whose id stands in for the turn's; under a reminder the key of its occurrence does,
    and `SNOOZE` names for how long. `FORGET` and `KEEP` answer whether what is kept about somebody is to go,
    with the id of that request. `USE_ALOUD` lets one's own words be used where others read, too; a mark of those
    words stands in for the turn's id. `label` is what the button says, where that is not the same for every action
    of its name.
    """

    name: ActionName
    turn_id: str
    value: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message said earlier, read from the platform's own history, and the place in which it stands.

    What a thread hangs on stands in the channel; `has_thread` says that one does.
    """

    message_id: str
    person: Person
    text: str
    sent_at: float
    attachments: tuple[Attachment, ...] = ()
    place: Place | None = None
    has_thread: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that happened on a platform, normalised.

    `key` is unique for the event and the same when the platform delivers it again. `addressed` tells whether
    the bot is spoken to. `handle` is opaque, may expire, and goes back to the adapter for private replies.
    `sent_at` is seconds since the epoch, by the platform's clock. `quotes` are the messages it refers to, to be
    read with it. `root` is the message a thread is opened on and the answer replies to, if not this one. `follows`
    says of what is said in a thread that nobody else is addressed: where we take part in it, it is meant for us.
    `kept_back` is what to answer where we are spoken to and the platform keeps the words from us.
    """

    key: str
    kind: InboundKind
    place: Place
    message_id: str
    person: Person
    sent_at: float
    text: str = ""
    addressed: bool = False
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    handle: str | None = None
    command: CommandCall | None = None
    action: Action | None = None
    quotes: tuple[PastMessage, ...] = ()
    root: str | None = None
    follows: bool = False
    kept_back: str = ""

    @property
    def about(self) -> str:
        """The id of the message that it is about: a question asked of another message, or itself."""
        return self.root or self.message_id
