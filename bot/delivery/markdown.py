"""Divides an answer into messages and makes an unfinished one fit to look at. Pure.

A message holds a slice of the answer. Where a fence, a table or emphasis goes across a border, the message before
it ends with what closes it, and the message after it begins with what opens it again; white space at a border is
dropped.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from bot.delivery.inline import open_inline, without_loose_marks
from bot.delivery.lines import Break, Lines, Rank, opening_fence

Render: TypeAlias = Callable[[str], str]

_FULL: dict[Rank, float] = {  # how full a message is before such a break ends it, when the rest is known
    Rank.PARAGRAPH: 0.5,
    Rank.ITEM: 0.6,
    Rank.LINE: 0.7,
    Rank.SENTENCE: 0.7,
    Rank.CODE: 0.7,
    Rank.LEAD_IN: 0.8,
    Rank.WORD: 0.9,
}
_FULL_GROWING: dict[Rank, float] = {  # the same while the answer grows: the first break this far on ends it
    Rank.PARAGRAPH: 0.82,
    Rank.ITEM: 0.86,
    Rank.LINE: 0.9,
    Rank.SENTENCE: 0.92,
    Rank.CODE: 0.92,
    Rank.LEAD_IN: 0.97,
    Rank.WORD: 0.97,
}
_NEARLY_FULL = min(_FULL_GROWING.values())
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*\s+")
_SPACE = re.compile(r"\s+")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s")
_MAY_BEGIN_BLOCK = re.compile(r"[ \t>]*(?:[-=+*_#|~`]+|\d{1,9}[.)]?|(?:`{3,}|~{3,}).*)?$")
_LONGEST_TABLE_HEAD = 4  # parts of the limit: a longer head is not repeated
_MOST_TRIED = 40
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of an answer: `prefix`, the answer from `start` to `end`, `suffix`."""

    start: int
    end: int
    prefix: str = ""
    suffix: str = ""

    def of(self, answer: str) -> str:
        """Its markdown."""
        return f"{self.prefix}{answer[self.start : self.end]}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Cut:
    """A border: the piece before it, and where the next one starts and with what."""

    piece: Piece
    start: int
    prefix: str


def split(text: str, limit: int, render: Render) -> list[str]:
    """Divide a whole answer into messages of at most `limit` rendered characters each.

    Paragraphs stay whole where they can, then list items, lines, sentences, words; links stay whole if they fit.
    `limit` leaves room for at least one rendered character beside what is opened again.
    """
    lines = Lines()
    lines.read(text, ended=True)
    start, prefix, parts = 0, "", []
    while (cut := next_cut(text, start, prefix, lines, limit, render)) is not None:
        parts.append(cut.piece.of(text))
        start, prefix = cut.start, cut.prefix
    return [*parts, last_piece(text, start, prefix, lines).of(text)]


def heal(text: str) -> str:
    """What to show of an unfinished answer: what is open is closed, what cannot be closed yet is held back."""
    lines = Lines()
    lines.read(text)
    return healed_piece(text, 0, "", lines).of(text)


def last_piece(text: str, start: int, prefix: str, lines: Lines) -> Piece:
    """The piece that holds the rest of a whole answer; all lines have been read."""
    fence = lines.here.fence
    end = len(text) if fence else len(text.rstrip())
    if fence is None:
        return Piece(start, max(start, end), prefix)
    return Piece(start, end, prefix, fence.closed if text[end - 1 : end] != "\n" else fence.closed[1:])


def healed_piece(text: str, start: int, prefix: str, lines: Lines) -> Piece:
    """The piece that shows a growing answer from `start` on; its finished lines have been read."""
    here = lines.here
    line = text[here.at :]
    if here.fence is not None:
        end = here.at if here.fence.may_end_with(line) else len(text)
        end -= text[end - 1 : end] == "\n"
        return Piece(start, max(start, end), prefix, here.fence.closed)
    if _MAY_BEGIN_BLOCK.match(line) or opening_fence(line) or line.lstrip(" >").startswith("|"):
        end = here.at - lines.maybe_heads_table
    else:
        end = len(text)
    block = max(start, min(here.block, end))
    paragraph = text[block:end].rstrip()
    paragraph = paragraph[: without_loose_marks(paragraph)]
    inline = open_inline(paragraph)
    shown = paragraph[: inline.shown].rstrip()
    shown = shown[: without_loose_marks(shown)].rstrip()
    end = len(text[:block].rstrip()) if not shown else block + len(shown)
    return Piece(start, max(start, end), prefix, open_inline(shown).closed)


def settled_end(text: str, lines: Lines) -> int:
    """Up to where a growing answer reads the same whatever follows; its finished lines have been read."""
    here = lines.here
    piece = healed_piece(text, 0, "", lines)
    if here.fence is not None or not piece.suffix:
        return piece.end
    block = min(here.block, piece.end)
    return block + open_inline(text[block : piece.end]).settled


def next_cut(
    text: str,
    start: int,
    prefix: str,
    lines: Lines,
    limit: int,
    render: Render,
    *,
    seen: int = 0,
    growing: bool = False,
) -> Cut | None:
    """Where the message that starts at `start` ends, or None when the rest fits into it.

    People have seen the answer up to `seen` in this message: the cut falls there or later. While the answer is
    `growing` the message is ended early, at the first good break, and None means that it can take more.
    """
    rest = healed_piece(text, start, prefix, lines) if growing else last_piece(text, start, prefix, lines)
    size = len(render(rest.of(text))) if rest.end - start <= limit else limit + 1
    if size <= limit * (_NEARLY_FULL if growing else 1):
        return None
    room = _room(text, start, prefix, lines, limit, render)
    span = room - start if size > limit else (rest.end - start) * limit // size
    for at, line in _candidates(text, start, room, lines, max(seen, start + 1), span, growing=growing):
        cut = _cut(text, start, prefix, at, line, limit)
        if cut is not None and len(render(cut.piece.of(text))) <= limit:
            return cut
    if growing and room >= len(text):
        return None
    return _forced(text, start, prefix, max(room, seen), lines, limit, render)


def _room(text: str, start: int, prefix: str, lines: Lines, limit: int, render: Render) -> int:
    """About the last offset at which the message can end."""
    end = min(len(text), start + limit)
    while end > start + 1:
        suffix, _ = _open_at(text, start, end, _line_at(end, lines))
        size = len(render(Piece(start, end, prefix, suffix).of(text)))
        if size <= limit:
            break
        end = start + max(1, min(end - start - 1, (end - start) * limit // size))
    return end


def _candidates(
    text: str, start: int, room: int, lines: Lines, earliest: int, span: int, *, growing: bool
) -> list[tuple[int, Break]]:
    """Breaks at which the message may end, best first, each with the line it starts or lies in.

    They lie between `earliest` and `room`; `span` is how much of the answer fills a message.
    """
    full = _FULL_GROWING if growing else _FULL
    found = [
        (at, rank, line)
        for n, line in enumerate(lines.breaks)
        for at, rank in _breaks_in(text, line, lines.end_of(n, text), earliest, room)
        if at < len(text) and at - start >= span * full[rank]
    ]
    found.sort(key=(lambda one: one[0]) if growing else (lambda one: (-one[1], -one[0])))
    return [(at, line) for at, _, line in found[:_MOST_TRIED]]


def _breaks_in(text: str, line: Break, end: int, earliest: int, room: int) -> Iterator[tuple[int, Rank]]:
    """The breaks before and inside one line, as far as they lie between `earliest` and `room`."""
    if earliest <= line.at <= room and not (line.fence and line.fence.ends_with(text[line.at : end])):
        yield line.at, Rank.ITEM if line.rank == Rank.LINE and _ITEM.match(text, line.at) else line.rank
    low, high = max(line.at, earliest), min(end, room)
    if low >= high:
        return
    if line.fence is None and not line.table:
        yield from ((found.end(), Rank.SENTENCE) for found in _SENTENCE_END.finditer(text, low, high))
    yield from ((found.end(), Rank.WORD) for found in _SPACE.finditer(text, low, high))


def _cut(text: str, start: int, prefix: str, at: int, line: Break, limit: int) -> Cut | None:
    """The border at `at`, which lies in or at the start of this line; None where it would break a link."""
    if line.fence is not None or line.table:
        return _cut_block(text, start, prefix, at, line, limit)
    end = len(text[:at].rstrip())
    block = max(start, line.block)
    inline = open_inline(text[block:end])
    if end <= start or inline.shown < end - block:
        return None
    following = at + len(text[at:]) - len(text[at:].lstrip("\r\n"))
    new_block = line.at == at and (line.block == at or opening_fence(_rest_of_line(text, at)))
    reopened = "" if new_block else inline.reopened
    if not new_block and _misread(text, following, line, reopened):
        return None
    return Cut(Piece(start, end, prefix, inline.closed if reopened else ""), following, reopened)


def _cut_block(text: str, start: int, prefix: str, at: int, line: Break, limit: int) -> Cut | None:
    end = at - (text[at - 1] == "\n")
    if line.fence is not None:
        if _misread(text, at, line, line.fence.reopened):
            return None
        return Cut(Piece(start, end, prefix, line.fence.closed), at, line.fence.reopened)
    head = line.table if len(line.table) <= limit // _LONGEST_TABLE_HEAD and line.at == at else ""
    return Cut(Piece(start, end, prefix), at, head)


def _forced(text: str, start: int, prefix: str, end: int, lines: Lines, limit: int, render: Render) -> Cut:
    """A border where no good one fits: between two characters, and without reopening if even that does not fit."""
    at = _between_characters(text, start, end)
    while at > start + 1:
        line = _line_at(at, lines)
        suffix, reopened = _open_at(text, start, at, line)
        fits = len(render(Piece(start, at, prefix, suffix).of(text))) <= limit
        if fits and not _misread(text, at, line, reopened):
            return Cut(Piece(start, at, prefix, suffix), at, reopened)
        at = _between_characters(text, start, at - 1)
    return Cut(Piece(start, max(at, start + 1)), max(at, start + 1), "")


def _misread(text: str, at: int, line: Break, reopened: str) -> bool:
    """Whether the rest of a line, at the start of a message, would open or close a fence that it does not here."""
    rest = _rest_of_line(text, at)
    if line.fence is not None:
        return line.at != at and line.fence.ends_with(rest)
    return opening_fence(reopened + rest) is not None


def _rest_of_line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at : len(text) if end < 0 else end]


def _line_at(at: int, lines: Lines) -> Break:
    return next((one for one in reversed(lines.breaks) if one.at <= at), lines.breaks[0])


def _open_at(text: str, start: int, at: int, line: Break) -> tuple[str, str]:
    """What closes, and what reopens, that which is open at this offset of a line."""
    if line.fence is not None:
        return line.fence.closed, line.fence.reopened
    inline = open_inline(text[max(start, line.block) : at])
    return inline.closed, inline.reopened


def _between_characters(text: str, start: int, at: int) -> int:
    """The nearest offset at or before `at` that does not part what people see as one character."""
    for end in range(at, max(start + 1, at - 32), -1):
        if end >= len(text) or not _belongs_to_last(text, end):
            return end
    return at


def _belongs_to_last(text: str, at: int) -> bool:
    char, last = text[at], text[at - 1]
    if char in _JOINERS or last == "\u200d" or unicodedata.combining(char) or (last, char) == ("\r", "\n"):
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff":  # a skin tone
        return True
    return all("\U0001f1e6" <= one <= "\U0001f1ff" for one in (char, last))  # the halves of a flag
