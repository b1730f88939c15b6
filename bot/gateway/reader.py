"""Reads a streamed answer: bytes in, deltas out. Pure: no socket, no clock, whatever way the bytes are cut."""

from collections.abc import Iterator
from typing import Any

import orjson

from bot.errors import AnswerCutOff, AnswerEmpty, GatewayError, RequestRefused
from bot.gateway.assembly import (
    ReasoningAssembler,
    SourceCollector,
    ToolCallAssembler,
    answered_by,
    fell_back,
    picture_in,
    provided_by,
    searches_in,
    usage_in,
)
from bot.gateway.failures import failure_in_chunk
from bot.messages import Delta, Finish, ImageDelta, ReasoningDelta, Started, TextDelta

MAX_LINE = 32 * 1024 * 1024
"""Bytes in one line; a picture takes a few million, anything past this is no answer."""

MAX_UNREADABLE = 5
"""Lines that make no sense and are passed over before the stream counts as broken."""


class StreamReader:
    """The state of one answer as its bytes arrive: `push` them, then `flush` at the end of the stream.

    Both raise a `GatewayError` where the stream says that it failed, makes no sense or stops too early; what
    was yielded before stands.
    """

    def __init__(self) -> None:
        self.generation_id: str | None = None
        self.spoke = False
        """Something a person would see has been yielded: from now on nothing may be tried again."""
        self.ended = False
        """The model has said that it is done; only the bill may be missing."""
        self.done = False
        """`Finish` has been yielded; whatever follows is of no interest."""
        self._tail: list[bytes] = []
        self._tail_size = 0
        self._event_is_error = False
        self._unreadable = 0
        self._reason: str | None = None
        self._final: dict[str, Any] = {}
        self._usage: dict[str, Any] | None = None
        self._calls = ToolCallAssembler()
        self._reasoning = ReasoningAssembler()
        self._sources = SourceCollector()

    def push(self, piece: bytes) -> Iterator[Delta]:
        """The deltas that these bytes complete."""
        lines = piece.split(b"\n")
        rest = lines.pop()
        if lines:
            # Joined once a line and never searched twice, so that a line of megabytes costs no more than its size.
            lines[0] = b"".join((*self._tail, lines[0]))
            self._tail, self._tail_size = [], 0
            for line in lines:
                yield from self._line(line)
        self._keep(rest)

    def flush(self) -> Iterator[Delta]:
        """What the end of the stream completes: the `Finish`, unless it was yielded already."""
        if self.done:
            return
        yield from self._line(b"".join(self._tail))
        self._tail, self._tail_size = [], 0
        if not self.done:
            yield self._finish()

    def whole(self, body: bytes) -> Iterator[Delta]:
        """The deltas of an answer that was not streamed: its message is one large chunk."""
        chunk = self._parse(body)
        if chunk is None:
            raise self._cut_off("an answer that is no JSON")
        choices = chunk.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(first, dict):
            chunk["choices"] = [{**first, "delta": first.get("message")}]
        yield from self._chunk(chunk)
        if not self.done:
            yield self._finish()

    def _keep(self, rest: bytes) -> None:
        if not rest:
            return
        self._tail.append(rest)
        self._tail_size += len(rest)
        if self._tail_size > MAX_LINE:
            raise self._cut_off(f"a line of more than {MAX_LINE} bytes")

    def _line(self, line: bytes) -> Iterator[Delta]:
        if line.startswith(b"data:"):
            yield from self._data(line[5:].strip())
        elif line.startswith(b"event:"):
            self._event_is_error = line[6:].strip() == b"error"
        elif not line.rstrip(b"\r"):
            self._event_is_error = False

    def _data(self, data: bytes) -> Iterator[Delta]:
        if self.done or not data:
            return
        if data.startswith(b"[DONE]"):
            yield self._finish()
            return
        chunk = self._parse(data)
        if chunk is not None:
            yield from self._chunk(chunk)

    def _parse(self, data: bytes) -> dict[str, Any] | None:
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            chunk = None
        if isinstance(chunk, dict):
            return chunk
        self._unreadable += 1
        if self._unreadable > MAX_UNREADABLE:
            raise self._cut_off(f"{self._unreadable} lines that are no JSON")
        return None

    def _chunk(self, chunk: dict[str, Any]) -> Iterator[Delta]:
        yield from self._started(chunk)
        if chunk.get("error") or self._event_is_error:
            raise failure_in_chunk(chunk, self.generation_id)
        if isinstance(usage := chunk.get("usage"), dict):
            self._usage = usage
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            yield from self._choice(choices[0], chunk)
        if self.ended and self._usage is not None:
            yield self._finish()

    def _started(self, chunk: dict[str, Any]) -> Iterator[Delta]:
        if self.generation_id is None and isinstance(name := chunk.get("id"), str) and name:
            self.generation_id = name
            yield Started(name)

    def _choice(self, choice: dict[str, Any], chunk: dict[str, Any]) -> Iterator[Delta]:
        if isinstance(delta := choice.get("delta"), dict):
            yield from self._delta(delta)
        if isinstance(reason := choice.get("finish_reason"), str):
            self._reason, self._final, self.ended = reason, chunk, True

    def _delta(self, delta: dict[str, Any]) -> Iterator[Delta]:
        if isinstance(text := delta.get("content"), str) and text:
            self.spoke = self.spoke or not text.isspace()
            yield TextDelta(text)
        thought = delta.get("reasoning") or delta.get("reasoning_content")
        details = delta.get("reasoning_details")
        if thought or details:
            self._reasoning.push(details)
            yield ReasoningDelta(thought if isinstance(thought, str) else "")
        if calls := delta.get("tool_calls"):
            self._calls.push(calls)
        if images := delta.get("images"):
            yield from self._images(images)
        if delta.get("annotations"):
            self._sources.push(delta)

    def _images(self, images: object) -> Iterator[ImageDelta]:
        for image in images if isinstance(images, list) else ():
            if picture := picture_in(image):
                self.spoke = True
                yield picture

    def _finish(self) -> Finish:
        if self._reason is None:
            raise self._cut_off("the stream ended without a finish reason")
        calls = self._calls.flush(self.generation_id or "")
        if not self.spoke and not calls:
            raise self._nothing_said(self._reason)
        self.done = True
        return Finish(
            reason=self._reason,
            tool_calls=calls,
            usage=usage_in(self._usage, self._final),
            reasoning_details=self._reasoning.flush(),
            model=answered_by(self._final),
            provider=provided_by(self._final),
            fell_back=fell_back(self._final),
            searches=searches_in(self._final),
            sources=self._sources.flush(),
        )

    def _nothing_said(self, reason: str) -> GatewayError:
        if reason == "content_filter":
            return RequestRefused("finished by a content filter", generation_id=self.generation_id)
        return AnswerEmpty(f"finished ({reason}) without a word", generation_id=self.generation_id)

    def _cut_off(self, detail: str) -> AnswerCutOff:
        return AnswerCutOff(detail, generation_id=self.generation_id)
