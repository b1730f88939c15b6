"""What others wrote, put before a model so that it can be taken neither for an instruction nor for ours. Pure."""

import hashlib
import re
from collections.abc import Callable

_HIDDEN = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_IMITATION = re.compile(
    rf"^([{_HIDDEN} \t\u00a0\u2000-\u200a\u3000*+>#•-]*+)"
    r"(?=\[[^\]\n]*\(id\b|</?\s*(?:untrusted|context)\b|(?:system|assistant|user|developer|tool)\s*:)",
    re.IGNORECASE | re.MULTILINE,
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_HIDDEN}]")
_NAME_LIMIT = 32


def clean_name(name: str) -> str:
    """A display name that cannot be mistaken for anything else: one short line without our brackets."""
    plain = _INVISIBLE.sub("", name).translate(str.maketrans("[]()<>\n\r\t", "         "))
    return " ".join(plain.split())[:_NAME_LIMIT] or "someone"


def quote_imitations(text: str) -> str:
    """Mark lines that look like our own markup as quotations, behind bullets and unseen characters too."""
    return _IMITATION.sub(r"> \1", _LINE_ENDS.sub("\n", text))


def fence(label: str, text: str) -> str:
    """Enclose untrusted text. The closing line is made from the text, so the text cannot hold it."""
    mark = hashlib.sha256(f"{label}\n{text}".encode(errors="replace")).hexdigest()[:12]
    return f"<untrusted {mark} {label}>\n{text}\n</untrusted {mark}>"


_ADDRESS = re.compile(r"`*(?P<address>(?:[a-z][a-z0-9+.-]{1,20}://|mailto:|\bwww\.)[^\s<>`]+)`*", re.IGNORECASE)


def addresses_as_code(text: str, literal: Callable[[str], str]) -> str:
    """The text with every address as code, which nobody follows, and with the rest as `literal` writes it.

    An address that stood as code already is that again, and not one between two signs.
    """
    parts, done = [], 0
    for found in _ADDRESS.finditer(text):
        parts += [literal(text[done : found.start()]), f"`{found['address']}`"]
        done = found.end()
    return "".join([*parts, literal(text[done:])])
