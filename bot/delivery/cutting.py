"""Where one message of an answer ends and the next begins. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from bot.delivery.lines import Break, Lines, Rank, opening_fence
from bot.delivery.pieces import Piece, healed_piece, inline_at, last_piece

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
_LONGEST_TABLE_HEAD = 4  # parts of the limit: a longer head is not repeated
_MOST_TRIED = 40
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}


@dataclass(frozen=True, slots=True)
class Cut:
    """A border: the piece before it, and where the next one starts and with what."""

    piece: Piece
    start: int
    prefix: str


@dataclass(frozen=True, slots=True)
class Message:
    """The message that starts at `start`, opened by `prefix`, of an answer whose lines have been read."""

    text: str
    start: int
    prefix: str
    lines: Lines
    limit: int
    render: Render

    def next_cut(self, *, seen: int = 0, growing: bool = False) -> Cut | None:
        """Where the message ends, or None when the rest of the answer fits into it.

        People have seen the answer up to `seen` in this message: the cut falls there or later. While the answer is
        `growing` the message is ended early, at the first good break, and None means that it can take more.
        """
        whole = (healed_piece if growing else last_piece)(self.text, self.start, self.prefix, self.lines)
        size = self._size(whole) if whole.end - self.start <= self.limit else self.limit + 1
        if size <= self.limit * (_NEARLY_FULL if growing else 1):
            return None
        room = self._room()
        filled = room - self.start if size > self.limit else (whole.end - self.start) * self.limit // size
        breaks = list(self._breaks(max(seen, self.start + 1), room))
        if cut := self._first_possible(_best_first(breaks, self.start, filled, growing=growing)):
            return cut
        if growing and room >= len(self.text):
            return None
        latest_first = sorted(breaks, key=lambda one: -one.at)
        return self._first_possible(latest_first) or self._forced(max(room, seen), seen)

    def cut_after(self, seen: int) -> Cut | None:
        """The best border at or after what people have seen, full or not; None where nothing follows one."""
        breaks = self._breaks(max(seen, self.start + 1), self._room())
        return self._first_possible(sorted(breaks, key=lambda one: (-one.rank, one.at)))

    def _size(self, piece: Piece) -> int:
        return len(self.render(piece.of(self.text)))

    def _room(self) -> int:
        """About the last offset at which the message can end."""
        end = min(len(self.text), self.start + self.limit)
        while end > self.start + 1:
            size = self._size(Piece(self.start, end, self.prefix, self._open_at(end, self._line_at(end))[0]))
            if size <= self.limit:
                break
            length = end - self.start
            end = self.start + max(1, min(length - 1, length * self.limit // size))
        return end

    def _breaks(self, earliest: int, room: int) -> Iterator["_Break"]:
        """Where the message may end at all, between `earliest` and `room`."""
        room = min(room, len(self.text) - 1)
        for n, line in enumerate(self.lines.breaks):
            end = self.lines.end_of(n, self.text)
            said = self.text[line.at : end].strip("\n")
            if earliest <= line.at <= room and not (line.fence and line.fence.may_end_with(said)):
                is_item = line.rank == Rank.LINE and _ITEM.match(said)
                yield _Break(line.at, Rank.ITEM if is_item else line.rank, line)
            low, high = max(line.at, earliest), min(end, room)
            if low < high:
                # Its end belongs to the line after it, in which something may be open that this one opened.
                if line.fence is None and not line.table:
                    ends = _SENTENCE_END.finditer(self.text, low, high)
                    yield from (_Break(found.end(), Rank.SENTENCE, line) for found in ends if found.end() < end)
                words = _SPACE.finditer(self.text, low, high)
                yield from (_Break(found.end(), Rank.WORD, line) for found in words if found.end() < end)

    def _first_possible(self, breaks: list["_Break"]) -> Cut | None:
        for one in breaks[:_MOST_TRIED]:
            cut = self._cut(one.at, one.line)
            if cut is not None and self._size(cut.piece) <= self.limit:
                return cut
        return None

    def _cut(self, at: int, line: Break) -> Cut | None:
        """The border at `at`, in or at the start of this line; None where it would break a link."""
        if line.fence is not None or line.table:
            return self._cut_block(at, line)
        end = len(self.text[:at].rstrip())
        inline = inline_at(self.text, self.start, self.prefix, line.block, end)
        if end <= self.start or inline.shown < end:
            return None
        following = at + len(self.text[at:]) - len(self.text[at:].lstrip("\r\n"))
        new_block = line.at == at and (line.block == at or opening_fence(_rest_of_line(self.text, at)))
        reopened = "" if new_block else inline.reopened
        if not new_block and self._misread(following, line, reopened):
            return None
        return Cut(Piece(self.start, end, self.prefix, inline.closed if reopened else ""), following, reopened)

    def _cut_block(self, at: int, line: Break) -> Cut | None:
        end = at - (self.text[at - 1] == "\n")
        if line.fence is not None:
            if self._misread(at, line, line.fence.reopened):
                return None
            return Cut(Piece(self.start, end, self.prefix, line.fence.closed), at, line.fence.reopened)
        head = line.table if len(line.table) <= self.limit // _LONGEST_TABLE_HEAD and line.at == at else ""
        return Cut(Piece(self.start, end, self.prefix), at, head)

    def _forced(self, end: int, seen: int) -> Cut:
        """A border where no good one fits: between two characters, and if need be without reopening emphasis.

        What people have seen stays, be it the half of a character whose other half no longer fits.
        """
        at = max(seen, _between_characters(self.text, self.start, end))
        while at > self.start + 1:
            line = self._line_at(at)
            ways = [self._open_at(at, line)]
            if line.fence is None:
                ways.append(("", ""))
            for suffix, reopened in ways:
                piece = Piece(self.start, at, self.prefix, suffix)
                if self._size(piece) <= self.limit and not self._misread(at, line, reopened):
                    return Cut(piece, at, reopened)
            at = _between_characters(self.text, self.start, at - 1)
        return Cut(Piece(self.start, max(at, self.start + 1)), max(at, self.start + 1), "")

    def _misread(self, at: int, line: Break, reopened: str) -> bool:
        """Whether the rest of a line would open or close a fence at the start of a message, but not here."""
        rest = _rest_of_line(self.text, at)
        if line.fence is None:
            return opening_fence(reopened + rest) is not None
        in_closing_line = line.fence.may_end_with(_rest_of_line(self.text, line.at))
        return line.at != at and (in_closing_line or line.fence.ends_with(rest))

    def _line_at(self, at: int) -> Break:
        return next((one for one in reversed(self.lines.breaks) if one.at <= at), self.lines.breaks[0])

    def _open_at(self, at: int, line: Break) -> tuple[str, str]:
        """What closes, and what reopens, that which is open at this offset of a line."""
        if line.fence is not None:
            return line.fence.closed, line.fence.reopened
        inline = inline_at(self.text, self.start, self.prefix, line.block, at)
        return inline.closed, inline.reopened


@dataclass(frozen=True, slots=True)
class _Break:
    """Where a message may end, and the line it starts or lies in."""

    at: int
    rank: Rank
    line: Break


def _best_first(breaks: list[_Break], start: int, filled: int, *, growing: bool) -> list[_Break]:
    """Those at which the message is full enough; `filled` is how much of the answer fills it."""
    full = _FULL_GROWING if growing else _FULL
    enough = [one for one in breaks if one.at - start >= filled * full[one.rank]]
    if growing:
        return sorted(enough, key=lambda one: one.at)
    return sorted(enough, key=lambda one: (-one.rank, -one.at))


def _rest_of_line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at : len(text) if end < 0 else end]


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
