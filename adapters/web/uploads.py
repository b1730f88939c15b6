"""What the page sends: small JSON, and messages with files, each read no further than it may be long."""

from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import BodyPartReader, MultipartReader, web

from adapters.web.door import Refused
from adapters.web.outbound import clean_name
from bot.messages import PageFile
from bot.ports import FileStore

FILE_BYTES = 25_000_000
FILES = 10
_JSON_BYTES = 512 * 1024
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
)


@dataclass(frozen=True, slots=True)
class Upload:
    """What came in one request: the fields, and the files, which are kept already."""

    fields: dict[str, Any]
    files: tuple[PageFile, ...] = ()


async def read_upload(request: web.Request, store: FileStore) -> Upload:
    """Fields as JSON, or a multipart body with a `message` part of JSON and the files. Raises `Refused`."""
    if not request.content_type.startswith("multipart/"):
        return Upload(_fields(await _read(request.content.readany, _JSON_BYTES)))
    fields: dict[str, Any] = {}
    files: list[PageFile] = []
    problem = None
    try:
        async for part in await request.multipart():
            try:
                await _take(part, fields, files, store)
            except Refused as refused:  # the rest is read all the same, or the browser never sees our sentence
                problem = problem or refused
                await _skip(part)
    except ValueError as error:
        raise Refused(400, "That request was not understood.") from error
    if problem is not None:
        raise problem
    return Upload(fields, tuple(files))


async def _take(
    part: BodyPartReader | MultipartReader | None, fields: dict[str, Any], files: list[PageFile], store: FileStore
) -> None:
    if not isinstance(part, BodyPartReader):
        raise Refused(400, "That request was not understood.")
    if part.name == "message":
        fields.update(_fields(await _read(part.read_chunk, _JSON_BYTES)))
        return
    name = _name(fields, len(files))
    if len(files) == FILES:
        raise Refused(413, f"{FILES} files are the most in one message; send the others in another one.")
    data = await _read(part.read_chunk, FILE_BYTES)
    if data is None:
        raise Refused(413, f"“{name}” is larger than 25 MB, the most that can be sent here.")
    media_type = sniff(data) or _claimed(part)
    files.append(PageFile(await store.put(data), name, len(data), media_type))


def _name(fields: dict[str, Any], n: int) -> str:
    """The n-th file's name, from the JSON: in a part's head browsers escape names, each in its way."""
    names = fields.get("names")
    name = names[n] if isinstance(names, list) and n < len(names) else None
    return clean_name(name if isinstance(name, str) else "")


async def _skip(part: BodyPartReader | MultipartReader | None) -> None:
    if isinstance(part, BodyPartReader):
        await part.release()


async def _read(read: Any, most: int) -> bytes | None:
    """Everything there is, or None when it is more than that."""
    pieces: list[bytes] = []
    size = 0
    while piece := await read():
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _fields(body: bytes | None) -> dict[str, Any]:
    if body is None:
        raise Refused(413, "That message is far too long. Attach it as a file instead.")
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "That request was not understood.") from error
    if not isinstance(fields, dict):
        raise Refused(400, "That request was not understood.")
    return fields


def sniff(data: bytes) -> str | None:
    """The type of a picture that can be shown, by its first bytes."""
    for mark, at, media_type in _PICTURES:
        if data.startswith(mark, at):
            return media_type
    return None


def _claimed(part: BodyPartReader) -> str:
    """The type somebody claims, unless it claims to be a picture that it is not."""
    claimed = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    ours = {media_type for _, _, media_type in _PICTURES}
    return claimed if claimed and claimed not in ours else "application/octet-stream"
