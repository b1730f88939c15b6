"""Text of every kind: decoded, made harmless to look at, cut at the limit. Pure."""

import codecs
import re

from bot.errors import FileRefused
from bot.media.content import Content
from bot.media.limits import Limits
from bot.messages import ReadingKind

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # ahead of UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Overrides, embeddings and isolates reorder what people see; tag characters hide text that only a model sees.
_DECEIVING = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_NEVER_TEXT = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\ufffd]")
_SAMPLE = 64 * 1024
_STRAY = 4  # odd characters that even a short text may hold
_NAME_LENGTH = 80


def read_text(name: str, data: bytes, limits: Limits) -> Content:
    """The file as text. Raises `FileRefused` when it is none."""
    found = decoded(data)
    if found is None:
        raise FileRefused(
            f"{name} is of a kind I don't know, and it is not text. Send it as PDF, as a picture or as text."
        )
    text, left_out = shortened(found, limits.characters)
    unread = None
    if left_out:
        unread = (
            f"The last {left_out:,} characters of {name} were not read: {limits.characters:,} are the most. "
            "Send the part that matters."
        )
    return Content(ReadingKind.TEXT, text=text, unread=unread)


def shortened(text: str, most: int) -> tuple[str, int]:
    """The harmless form of the first `most` characters, and how many characters were left out."""
    left_out = max(0, len(text) - most)
    return harmless(text[:most]), left_out


def harmless(text: str) -> str:
    """The text with its control characters and reordering marks made visible, and its lines ended by newlines."""
    lines = _LINE_ENDS.sub("\n", text)
    visible = _UNPRINTABLE.sub(lambda found: _visible(ord(found[0])), lines)
    return _DECEIVING.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", visible)


def plain_name(name: str) -> str:
    """A file's name fit for a sentence: its last part, on one line, harmless and not too long; never empty."""
    last = re.split(r"[/\\]", name)[-1][: 4 * _NAME_LENGTH]
    kept = "".join(c for c in last if c.isprintable() and not _DECEIVING.match(c))
    words = " ".join(kept.split())
    if len(words) > _NAME_LENGTH:
        words = f"{words[:50]}…{words[-(_NAME_LENGTH - 51) :]}"
    return words or "file"


def _visible(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def decoded(data: bytes) -> str | None:
    """The bytes as text; None where they are none."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    utf16 = _utf16_without_mark(data[:_SAMPLE])
    text = data.decode(utf16, "replace") if utf16 else _eight_bit(data)
    sample = text[:_SAMPLE]
    odd = len(_NEVER_TEXT.findall(sample))
    return text if odd <= _STRAY + len(sample) * 0.05 else None


def _utf16_without_mark(sample: bytes) -> str | None:
    # Western text in UTF-16 has a zero in nearly every second byte, and nearly none in the others.
    half = len(sample) // 2
    if half < _STRAY:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _eight_bit(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return data.decode("utf-8", "replace")
        return data.decode("cp1252", "replace")
