"""What a file is, by its first bytes and never by its name. Pure, and safe on anything: it only looks."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import FileRefused


class FileKind(StrEnum):
    """What is done with a file."""

    PICTURE = "picture"
    PDF = "pdf"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class _Unsupported:
    """A kind that is not read: what it is called, and what to do instead."""

    called: str
    way_out: str


_AS_PDF = "Save it as PDF and send that."
_AS_PICTURE = "Save it as JPEG or PNG and send that."
_AS_TEXT = "Send what matters as text."
_WORD = _Unsupported("a Word document", _AS_PDF)
_EXCEL = _Unsupported("an Excel workbook", "Save it as CSV or PDF and send that.")
_SLIDES = _Unsupported("a PowerPoint presentation", _AS_PDF)
_OLD_OFFICE = _Unsupported("an older or protected Office file", _AS_PDF)
_OPEN_OFFICE = _Unsupported("an OpenDocument file", _AS_PDF)
_EPUB = _Unsupported("an e-book", _AS_PDF)
_RTF = _Unsupported("an RTF document", _AS_PDF)
_ARCHIVE = _Unsupported("an archive", "Unpack it and send the files themselves.")
_AUDIO = _Unsupported("a sound recording", _AS_TEXT)
_VIDEO = _Unsupported("a video", "Send a picture from it.")
_HEIC = _Unsupported("an HEIC picture", _AS_PICTURE)
_OTHER_PICTURE = _Unsupported("a picture of a kind I can't open", _AS_PICTURE)
_PROGRAM = _Unsupported("a program", _AS_TEXT)
_DATABASE = _Unsupported("a database", "Export what matters as CSV and send that.")

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")

_BEGINNINGS: tuple[tuple[bytes, _Unsupported], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"{\\rtf", _RTF),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"\x1f\x8b\x08", _ARCHIVE),
    (b"\xfd7zXZ\x00", _ARCHIVE),
    (b"Rar!\x1a\x07", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE),
    (b"ID3\x02", _AUDIO),
    (b"ID3\x03", _AUDIO),
    (b"ID3\x04", _AUDIO),
    (b"fLaC\x00", _AUDIO),
    (b"OggS\x00", _AUDIO),
    (b"\xff\xfb", _AUDIO),
    (b"\xff\xf3", _AUDIO),
    (b"#!AMR\n", _AUDIO),
    (b"MThd\x00", _AUDIO),
    (b"\x1a\x45\xdf\xa3", _VIDEO),
    (b"FLV\x01", _VIDEO),
    (b"II*\x00", _OTHER_PICTURE),
    (b"MM\x00*", _OTHER_PICTURE),
    (b"\x00\x00\x01\x00", _OTHER_PICTURE),
    (b"8BPS\x00", _OTHER_PICTURE),
    (b"\x00\x00\x00\x0cjP  ", _OTHER_PICTURE),
    (b"\xff\x0a", _OTHER_PICTURE),
    (b"\x7fELF", _PROGRAM),
    (b"\xfe\xed\xfa\xce", _PROGRAM),
    (b"\xfe\xed\xfa\xcf", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"\x00asm", _PROGRAM),
    (b"SQLite format 3\x00", _DATABASE),
    (b"PAR1\x15", _DATABASE),
)

_RIFF = {b"WAVE": _AUDIO, b"AVI ": _VIDEO}

_INSIDE_ZIP: tuple[tuple[bytes, _Unsupported], ...] = (
    (b"word/", _WORD),
    (b"xl/", _EXCEL),
    (b"ppt/", _SLIDES),
    (b"mimetypeapplication/vnd.oasis.opendocument", _OPEN_OFFICE),
    (b"mimetypeapplication/epub+zip", _EPUB),
)

_BRANDS: tuple[tuple[bytes, _Unsupported], ...] = (
    (b"hei", _HEIC),
    (b"hev", _HEIC),
    (b"mif1", _HEIC),
    (b"msf1", _HEIC),
    (b"avi", _OTHER_PICTURE),
    (b"M4A", _AUDIO),
    (b"M4B", _AUDIO),
)

_BINARY_NAME = re.compile(
    r"\.(pdf|png|jpe?g|gif|webp|heic|heif|avif|bmp|tiff?|docx?|xlsx?|pptx?|od[tsp]|zip|gz|7z|rar|mp[34]|m4a|ogg|wav|mov|webm)$",
    re.I,
)
_HTML = re.compile(rb"\s*(<!--.{0,2000}?-->\s*)?(<!doctype html|<html[\s>]|<head[\s>])", re.I | re.S)


def sniff(name: str, data: bytes) -> FileKind:
    """How to read the file. Raises `FileRefused`, with a sentence, for kinds that are not read.

    The name only tells whether a web page was sent in place of what it announces.
    """
    if is_picture(data):
        return FileKind.PICTURE
    if _is_pdf(data):
        return FileKind.PDF
    unsupported = _unsupported(data)
    if unsupported:
        raise FileRefused(f"{name} is {unsupported.called}, which I can't read. {unsupported.way_out}")
    if _BINARY_NAME.search(name) and looks_like_html(data):
        raise FileRefused(
            f"{name} came as a web page, probably a login page, and not as the file itself: "
            "I may lack the permission to read files here. Ask the operator."
        )
    return FileKind.TEXT


def looks_like_html(data: bytes) -> bool:
    """Whether these bytes begin as a web page does."""
    return _HTML.match(data[:4096].removeprefix(b"\xef\xbb\xbf")) is not None


def is_picture(data: bytes) -> bool:
    """Whether these first bytes are those of a picture that is read."""
    return data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def _is_pdf(data: bytes) -> bool:
    head = data[:1024]
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return True
    # Some mail programs put lines in front; a text that only mentions the mark has no table at its end.
    return b"%PDF-" in head and b"startxref" in data[-2048:]


def _unsupported(data: bytes) -> _Unsupported | None:
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data)
    if data[4:8] == b"ftyp" and data[:2] == b"\x00\x00":
        return next((kind for brand, kind in _BRANDS if data[8:12].startswith(brand)), _VIDEO)
    if data[:4] == b"RIFF" and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    if data.startswith(b"MZ") and b"PE\x00\x00" in data[:1024]:
        return _PROGRAM
    if data.startswith(b"BM") and data[6:10] == b"\x00\x00\x00\x00":
        return _OTHER_PICTURE
    if data[257:262] == b"ustar" or (data.startswith(b"BZh") and data[4:10] == b"1AY&SY"):
        return _ARCHIVE
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), None)


def _zip_kind(data: bytes) -> _Unsupported:
    # The names of what is inside stand in front of each entry and again in the directory at the end.
    seen = data[:4096] + data[-65536:]
    return next((kind for inside, kind in _INSIDE_ZIP if inside in seen), _ARCHIVE)
