"""The words by which a text is found again. Pure: one function reads what is kept and what is asked for.

Words are runs of letters and digits, in small letters and without accents. Scripts that put no space between words
(Chinese, Japanese, Thai …), and Korean, whose words end in many ways, are read as overlapping pairs of letters.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

MOST_TERMS: Final = 16
"""How many terms of a question count; nobody types more, and each takes time."""

_LONGEST: Final = 64  # characters; what is longer (addresses, encoded data) counts as several words

_ASCII = re.compile(f"[a-z0-9]{{1,{_LONGEST}}}")
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
_QUOTED = re.compile(r'["“”„«»]')
_UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao; not their digits
    "\u1000-\u103f\u1050-\u108f\u1780-\u17d3"  # Burmese, Khmer
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"  # Hangul
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"  # Chinese characters
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a text is found by: its words in order, and its letters that stand for words by themselves."""

    words: tuple[str, ...]
    letters: tuple[str, ...] = ()


def words_of(text: str) -> Words:
    """Every word of a text, in order."""
    if text.isascii():
        return Words(tuple(_ASCII.findall(text.lower())))
    words: list[str] = []
    letters: dict[str, None] = {}
    for run in _runs(text):
        if _is_unspaced(run):
            letters.update(dict.fromkeys(run))
            words += _pairs(run)
        else:
            words.append(run)
    return Words(tuple(words), tuple(letters))


def terms_in(question: str) -> tuple[Words, ...]:
    """What is asked for: each term's words have to follow each other. A term is a word, or what stands in quotes.

    A letter counts only where it stands alone in its term's script: pairs hold the others.
    """
    parts = enumerate(_QUOTED.split(question))
    terms = [_term(chunk) for n, part in parts for chunk in ([part] if n % 2 else part.split())]
    return tuple(dict.fromkeys(term for term in terms if term.words or term.letters))[:MOST_TERMS]


def _term(chunk: str) -> Words:
    words: list[str] = []
    letters: dict[str, None] = {}
    for run in _runs(chunk):
        if not _is_unspaced(run):
            words.append(run)
        elif len(run) == 1:
            letters[run] = None
        else:
            words += _pairs(run)
    return Words(tuple(words), tuple(letters))


def _runs(text: str) -> list[str]:
    """Words, those of scripts without spaces apart from the others."""
    folded = _folded(text)
    if folded.isascii():
        return _ASCII.findall(folded)
    return _letters().findall(folded)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _folded(text: str) -> str:
    """In small letters, in one way of writing each, without accents."""
    if text.isascii():
        return text.lower()
    if _unaccented().fullmatch(text):
        return unicodedata.normalize("NFKC", text).casefold()
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", _accents().sub("", apart).translate(_PLAIN)).casefold()


def _is_unspaced(run: str) -> bool:
    return not run.isascii() and _unspaced().match(run) is not None


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{_UNSPACED}]")


@cache
def _unaccented() -> re.Pattern[str]:
    """Text of scripts that have no accents, and ASCII."""
    return re.compile(f"[\0-\x7f\u3000-\u303f\uff01-\uff65{_UNSPACED}]*")


@cache
def _accents() -> re.Pattern[str]:
    """Marks above and below letters of the European scripts, Hebrew and Arabic: people leave them out at will."""
    return re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]")


@cache
def _letters() -> re.Pattern[str]:
    """Runs of one kind of script. Vowel signs, as in Hindi, belong to their word."""
    marks = "".join(
        re.escape(chr(code)) for code in range(0x300, 0x20000) if unicodedata.category(chr(code)) in ("Mn", "Mc")
    )
    return re.compile(f"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])(?:[^\\W_]|[{marks}])){{1,{_LONGEST}}}")
