"""The messages of one reply: what became of each, and the next call that brings them closer to the reply."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.delivery.courier import Job, Message
from bot.delivery.posts import Outcome, Post
from bot.delivery.reply import Reply
from bot.delivery.schedule import Share
from bot.delivery.streaming import Grows, Stream, Streaming
from bot.messages import ActionName, CallKind, FailureKind, Place, Rendered
from bot.ports import Adapter, NewId, ShowsStatus, offers

NOT_TAKEN = "*A file that belongs here could not be shown on this platform.*"


class Parts:
    """Chooses calls; makes none. Messages are brought to their end one after the other."""

    def __init__(self, adapter: Adapter, place: Place, reply: Reply, share: Share, new_key: NewId) -> None:
        self.messages: list[Message] = []
        self._left_behind: list[Message] = []  # could not be changed any more; others took their places
        self.streaming = Streaming(adapter, place, share)
        self.written = False  # something was said that is no white space
        self.settling = False
        self.abandoned = False
        self.unwanted = False  # a message was taken away or refused: no further one is posted
        self.complete = asyncio.Event()  # nothing is left to be done
        self.statuses = share.by_kind and offers(adapter, ShowsStatus) and adapter.takes_status(place)
        self.status_shown: str | None = None
        self._render = adapter.render
        self._reply = reply
        self._by_kind = share.by_kind
        self._new_key = new_key
        self._loop = asyncio.get_running_loop()
        self._first = 0  # the first message without an outcome

    @property
    def shown(self) -> bool:
        """Whether the platform has any message of this reply, be it only a status."""
        return any(message.message_id is not None for message in self.messages)

    @property
    def lost(self) -> bool:
        """Whether the platform did not take a message of the answer, or its end."""
        return any(one.outcome is Outcome.REFUSED for one in self.messages[: len(self._reply)])

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """What became of each message, those left behind as well, by its key."""
        return {one.key: one.outcome or Outcome.REFUSED for one in self._everything}

    @property
    def receipts(self) -> Mapping[str, str]:
        """The ids of messages that are not stored yet, by the message's key."""
        return {one.key: one.message_id for one in self._everything if one.message_id and not one.receipted}

    @property
    def _everything(self) -> tuple[Message, ...]:
        return (*self.messages, *self._left_behind)

    def take_over(self, posts: Sequence[Post], key: str | None) -> bool:
        """Go on with messages that there are, and keys that may have become some; whether there is one of these.

        `key` is stored, and no message was made under it.
        """
        for post in sorted(posts, key=lambda one: one.n):
            known = post.message_id is not None
            message = Message(post.key, post.message_id, intended=True, receipted=known, unsure=not known)
            message.stream = Stream.of_old() if self.streaming.port is not None else None
            self.messages.append(message)
        if key is not None:
            self.messages.append(Message(key, intended=True))
        return any(message.unsure for message in self.messages)

    def _go_on_in_new(self, job: Job) -> None:
        """A message can't be changed any more: another takes its place, and it goes once that one is there."""
        self.messages[job.n] = Message(self._new_key())
        self._left_behind.append(job.message)

    @property
    def more(self) -> bool:
        """Whether a message that will not change any more may still have to be sent."""
        return self._first < len(self._reply) - 1

    def last_stream_is_open(self) -> bool:
        """Whether the reply grows as a stream at this moment."""
        return bool(self.messages) and self.messages[-1].streams

    def forget_status(self) -> bool:
        """Have the status shown again, as platforms take old ones away; False when it is no longer wanted."""
        if self.shown or self._reply.ended or self._reply.status != self.status_shown:
            return False
        self.status_shown = None
        return True

    def goes_on_without(self, job: Job, kind: FailureKind) -> bool:
        """Whether a refusal only means that the reply goes on without a status, or without a stream."""
        passing = kind.passes
        if job.verb is CallKind.STATUS:
            self.status_shown, self.statuses = job.want.status, passing
            return True
        if job.verb is CallKind.START:
            self.streaming.count(Grows.NOT)
            if not passing:
                self.streaming.refuse()
                job.message.unsure = False
            return not passing
        stream = job.message.stream
        if job.verb not in (CallKind.APPEND, CallKind.STOP) or stream is None or not stream.failed(kind):
            return False
        stream.open = stream.open and (job.verb is CallKind.APPEND or passing)
        if not stream.open:
            self.streaming.count(Grows.EDITING)
        return True

    def refuse(self, job: Job, kind: FailureKind) -> None:
        """What a refusal that does not pass by itself means for the message."""
        message = job.message
        message.unsure = False
        if kind == FailureKind.RATE_LIMIT:
            return
        # Where files are forbidden, text may not be.
        if kind == FailureKind.INVALID or (kind == FailureKind.FORBIDDEN and job.want.files):
            self._change_text(job)
        elif kind == FailureKind.UNEDITABLE and job.verb is CallKind.EDIT:
            self._go_on_in_new(job)
        else:
            gone = kind == FailureKind.NOT_FOUND and job.verb is not CallKind.POST
            message.outcome = Outcome.GONE if gone else Outcome.REFUSED
            self.unwanted = True

    def _change_text(self, job: Job) -> None:
        """The platform does not take this text: wait for another; at the end try the bare text, once."""
        if not job.want.final:
            job.message.sent = job.want
        elif job.message.plain or job.verb is CallKind.DELETE:
            job.message.outcome = Outcome.REFUSED
        else:
            job.message.plain = True

    def count_begun(self, job: Job) -> None:
        """Count a message that is about to begin to grow, before the next one asks how many do."""
        if job.verb is CallKind.START:
            self.streaming.count(Grows.STREAMING)
        elif job.verb is CallKind.POST and not job.want.final:
            self.streaming.count(Grows.EDITING)

    def choose(self) -> Job | None:
        """The next call, as the reply is now; None when there is none to make just now."""
        while self._first < len(self._reply) and not self.abandoned:
            message = self._message(self._first)
            if message.outcome is None:
                want = self._wanted(message)
                if job := self._job(message, want):
                    return job
                message.outcome = self._outcome(message, want)
            if message.outcome is None:
                return None
            self._first += 1
        return self._removal() if self.settling else None

    def _wanted(self, message: Message) -> Rendered:
        want = self._reply.rendered(self._first)
        return self._bare(want) if message.plain and want.final else want

    def _bare(self, want: Rendered) -> Rendered:
        """What is refused with everything that goes with the text, as text alone; it says what is missing."""
        noted = f"{want.text}\n\n{self._render(NOT_TAKEN)}".strip() if want.files else want.text
        limit = self._reply.later if want.part else self._reply.limit
        text = noted if len(noted) <= limit else want.text
        return replace(want, text=text, status=None, actions=(), files=())

    @property
    def _asks(self) -> bool:
        """Whether something is to be pressed before it goes on: only a message that is no stream has buttons."""
        return not self._reply.ended and any(one.name is not ActionName.STOP for one in self._reply.actions)

    def kind(self) -> CallKind:
        """Of which kind the next call is, where kinds have budgets of their own. Costs next to nothing."""
        if self.abandoned or self._first >= len(self._reply):
            return CallKind.EDIT
        message = self.messages[self._first] if self._first < len(self.messages) else None
        if message is not None and message.stream is not None and message.stream.open:
            frozen = self._reply.ended or self._first < len(self._reply) - 1
            over = (
                self._asks
                or frozen
                or message.stream.doubtful
                or self.streaming.is_over(message.stream, self._loop.time())
            )
            return CallKind.STOP if over else CallKind.APPEND
        if message is not None and (message.message_id is not None or message.unsure):
            return CallKind.EDIT if message.message_id is not None else CallKind.POST
        if not self.written and self.statuses and not self._reply.ended and not self._asks:
            return CallKind.STATUS
        whole = self._reply.ended or self._first < len(self._reply) - 1 or not self.written or self._asks
        return CallKind.POST if whole or not self.streaming.may_start(self._loop.time()) else CallKind.START

    def _job(self, message: Message, want: Rendered) -> Job | None:
        """What to do to make a message what it is wanted to be, if anything can be done."""
        if message.streams:
            return self._stream_job(message, want)
        nothing = not want.text.strip() and not want.status and not want.files
        if want == message.sent:
            return None
        if message.message_id is not None:
            verb = CallKind.EDIT if not nothing else CallKind.DELETE
            return Job(verb, message, self._first, want) if not nothing or want.final else None
        if nothing or (self.unwanted and not message.unsure):
            return None
        match self.kind() if self._by_kind else CallKind.POST:
            case CallKind.STATUS:
                new = want.status != self.status_shown
                return Job(CallKind.STATUS, message, self._first, want) if new else None
            case CallKind.START:
                text = self.streaming.ready(self._render(self._reply.settled))
                return Job(CallKind.START, message, self._first, want, text) if text.strip() else None
            case _:
                return Job(CallKind.POST, message, self._first, want)

    def _stream_job(self, message: Message, want: Rendered) -> Job | None:
        stream = message.stream
        assert stream is not None
        grows = not want.final and not stream.doubtful
        ready = self.streaming.ready(self._render(self._reply.settled)) if grows else want.text
        text = stream.rest_of(ready)
        if text is None:
            stream.doubtful = True
        if stream.doubtful or self.kind() is CallKind.STOP:
            rest = text if text is not None and not stream.doubtful else ""
            return Job(CallKind.STOP, message, self._first, want, rest)
        if not text and want.status == stream.status:
            return None
        return Job(CallKind.APPEND, message, self._first, want, text or "")

    def divide_old_stream(self) -> None:
        """End a message before its stream's time is over, if the next one has something to begin with."""
        if not self.messages or len(self.messages) != len(self._reply):
            return
        stream = self.messages[-1].stream
        if stream is not None and self.streaming.is_old(stream, self._loop.time()):
            self._reply.divide()

    def _outcome(self, message: Message, want: Rendered) -> Outcome | None:
        if not want.final:
            return None
        return Outcome.CONFIRMED if message.message_id is not None else Outcome.GONE

    def _removal(self) -> Job | None:
        """Take away what is left of an earlier attempt, or everything; then all is done."""
        kept = 0 if self.abandoned else len(self._reply)
        for n, message in enumerate((*self.messages[kept:], *self._left_behind), kept):
            if message.outcome not in (Outcome.GONE, Outcome.REFUSED):
                if message.message_id is not None or message.unsure:
                    return Job(CallKind.DELETE, message, n, Rendered(""))
                message.outcome = Outcome.GONE
        self.complete.set()
        return None

    def _message(self, n: int) -> Message:
        if n == len(self.messages):
            self.messages.append(Message(self._new_key()))
        return self.messages[n]
