"""What goes over the pipes between the reader and its worker: a length, a length, JSON, bytes. Pure.

The reader believes nothing that a worker says: a hostile file may have taken it over. So every length has a
bound, every value is checked, and whatever does not fit is a `FrameError`.
"""

import struct
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from bot.media.content import PICTURE_TYPES, Content, Picture
from bot.media.limits import Limits
from bot.messages import ReadingKind

LENGTHS: Final = struct.Struct(">II")
READY: Final = b"ready"
_MOST_JSON: Final = 16_000_000
_LONGEST_SENTENCES: Final = 2_000


class FrameError(ValueError):
    """These bytes are no frame, or one that nobody would send."""


def _head_of(said: Mapping[str, Any], body: int) -> bytes:
    json = orjson.dumps(said)
    return LENGTHS.pack(len(json), body) + json


def lengths_of(data: bytes, most: int) -> tuple[int, int]:
    """How many bytes of JSON and of body follow, the body at most so many. Raises `FrameError`."""
    json, body = LENGTHS.unpack(data)
    if json > _MOST_JSON or body > most:
        raise FrameError(f"a frame of {json} and {body} bytes")
    return json, body


def request_head(name: str, limits: Limits, size: int, url: str | None = None) -> bytes:
    """The head of a frame that asks for a file of this size to be read, or a page from `url`. The file follows."""
    return _head_of({"name": name, "limits": asdict(limits), "url": url}, size)


def asked_in(head: bytes) -> tuple[str, Limits, str | None]:
    """What a request's head asks for."""
    asked = orjson.loads(head)
    return asked["name"], Limits(**asked["limits"]), asked["url"]


def answer_of(content: Content) -> bytes:
    """The frame that says what was found."""
    said = {
        "kind": content.kind,
        "text": content.text,
        "whole": content.whole,
        "pages": content.pages,
        "unread": content.unread,
        "pictures": [(p.name, p.media_type, len(p.data)) for p in content.pictures],
    }
    body = b"".join(picture.data for picture in content.pictures)
    return _head_of(said, len(body)) + body


def content_in(head: bytes, body: bytes, limits: Limits) -> Content:
    """What an answer says was found. Raises `FrameError` for anything but an honest answer."""
    try:
        said = orjson.loads(head)
        content = Content(
            ReadingKind(said["kind"]),
            text=str(said["text"]),
            pictures=_pictures(said["pictures"], body),
            whole=said["whole"] is True,
            pages=None if said["pages"] is None else int(said["pages"]),
            unread=None if said["unread"] is None else str(said["unread"])[:_LONGEST_SENTENCES],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FrameError("an answer that is none") from error
    # A character made visible takes up to ten; a picture has a line of its own.
    if len(content.text) > limits.characters * 10 + 1_000 or len(content.pictures) > max(1, limits.pictures):
        raise FrameError("an answer past its limits")
    return content


def _pictures(said: list[tuple[str, str, int]], body: bytes) -> tuple[Picture, ...]:
    pictures = []
    start = 0
    for name, media_type, length in said:
        if media_type not in PICTURE_TYPES or not 0 < length <= len(body) - start:
            raise FrameError("a picture that is none")
        pictures.append(Picture(str(name)[:200], media_type, body[start : start + length]))
        start += length
    return tuple(pictures)
