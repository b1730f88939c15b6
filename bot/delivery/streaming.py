"""Messages that grow by what is appended to them, where a platform has such: when they do, and by what."""

from dataclasses import dataclass
from enum import Enum

from bot.delivery.schedule import Share
from bot.messages import FailureKind, Place
from bot.ports import Adapter, StreamsNatively, offers

GRACE = 30.0
"""Seconds in which an old stream waits for words with which another message can begin."""

_OVER = (FailureKind.CLOSED, FailureKind.INVALID, FailureKind.FORBIDDEN, FailureKind.TRANSIENT)


@dataclass(slots=True)
class Stream:
    """What a message that was begun as a stream holds. It is `doubtful` once a call's answer was lost."""

    begun: float
    appended: str = ""
    status: str | None = None
    open: bool = True
    doubtful: bool = False

    @classmethod
    def of_old(cls) -> "Stream":
        """That of a message which may have been one, of which nobody knows what it holds: it will be edited."""
        return cls(0.0, open=False)

    def rest_of(self, text: str) -> str | None:
        """What is missing of a text; None where something else stands there already."""
        if text.startswith(self.appended):
            return text[len(self.appended) :]
        return "" if text == self.appended.rstrip() else None

    def failed(self, kind: FailureKind) -> bool:
        """Take in that a call was refused; whether it ends the stream rather than the message.

        What a lost answer was about may have been done: nothing is appended after it, the text is edited instead.
        """
        if kind not in _OVER:
            return False
        self.open = self.open and kind is not FailureKind.CLOSED
        self.doubtful = True
        return True


class Grows(Enum):
    """How a reply's last message grows."""

    NOT = "not"
    STREAMING = "streaming"
    EDITING = "editing"


class Streaming:
    """How one reply uses streams. Without a platform that has them, it uses none."""

    def __init__(self, adapter: Adapter, place: Place, share: Share) -> None:
        self.port = adapter if share.by_kind and offers(adapter, StreamsNatively) else None
        self.seconds = adapter.capabilities.stream_seconds
        self._place = place
        self._share = share
        self._refused = False
        self._counted = Grows.NOT

    def may_start(self, now: float) -> bool:
        """Whether the next message should be a stream."""
        return (
            self.port is not None
            and self.port.takes_streams(self._place)
            and not self._refused
            and self._share.may_stream(now)
        )

    def refuse(self) -> None:
        """The platform takes no stream of this reply."""
        self._refused = True

    def is_old(self, stream: Stream, now: float) -> bool:
        """Whether another message should begin as soon as it can, because this one's stream will end."""
        return stream.open and now - stream.begun >= self.seconds

    def is_over(self, stream: Stream, now: float) -> bool:
        """Whether a stream has to be ended before the platform does it."""
        return stream.open and now - stream.begun >= self.seconds + GRACE

    def ready(self, rendered: str) -> str:
        """The beginning of a rendered text that may be appended now."""
        return self.port.streamable(rendered) if self.port is not None else ""

    def count(self, grows: "Grows") -> None:
        """Tell the workspace how this reply grows now."""
        load, before = self._share.load, self._counted
        load.streaming += (grows is Grows.STREAMING) - (before is Grows.STREAMING)
        load.editing += (grows is Grows.EDITING) - (before is Grows.EDITING)
        self._counted = grows
