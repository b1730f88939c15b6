"""What becomes of a command, a button, a menu or a form: asked by a person, answered by the bot."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from tests.discord_town import errors

if TYPE_CHECKING:
    from tests.discord_town.world import Channel, Json, Message, User

ACKNOWLEDGE_WITHIN = 3.0
TOKEN_LIFE = 900.0


class InteractionType(IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class Callback(IntEnum):
    """How the bot answers."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE_MESSAGE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


@dataclass(eq=False)
class Interaction:
    """One act of a person, and everything that the bot answered."""

    id: int
    token: str
    kind: InteractionType
    user: "User"
    channel: "Channel"
    data: "Json"
    at: float
    message: "Message | None" = None
    acknowledged_at: float | None = None
    callback: Callback | None = None
    original: "Message | None" = None
    followups: "list[Message]" = field(default_factory=list)
    choices: "list[Json]" = field(default_factory=list)
    modal: "Json | None" = None

    @property
    def acknowledged(self) -> bool:
        return self.acknowledged_at is not None

    @property
    def answers(self) -> "list[Message]":
        """The messages that it was answered with and that are still there; a bare "thinking" is none."""
        messages = [self.original, *self.followups] if self.original else self.followups
        return [one for one in messages if one and one.deleted_at is None and not one.flags & 128]

    @property
    def texts(self) -> list[str]:
        """What those messages say."""
        return [one.text for one in self.answers]

    def acknowledge(self, callback: Callback, now: float) -> None:
        """Note the first answer. Raises 10062 after three seconds and 40060 the second time."""
        if self.acknowledged:
            raise errors.already_acknowledged()
        if now - self.at > ACKNOWLEDGE_WITHIN:
            raise errors.unknown_interaction()
        self.acknowledged_at, self.callback = now, callback

    def require_token(self, now: float) -> None:
        """Raises 10015 before the first answer, and 50027 after a quarter of an hour."""
        if not self.acknowledged:
            raise errors.unknown_webhook()
        if now - self.at > TOKEN_LIFE:
            raise errors.invalid_webhook_token()
