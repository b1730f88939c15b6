"""Reads an answer line by line as it grows: where it may be divided, and what is open there."""

import re
from dataclasses import dataclass
from enum import IntEnum

_OPENER = re.compile(
    r"^(?P<lead>[ \t]*(?:>[ \t]?|(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<mark>`{3,}|~{3,})(?P<info>.*)$"
)
_DELIMITER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_BLANK = re.compile(r"^[ \t]*(?:>[ \t]*)*$")
_QUOTES = re.compile(r"[ \t>]*")
_LONGEST_INFO = 40


class Rank(IntEnum):
    """How good a place is for dividing an answer, worst first."""

    WORD = 0
    LEAD_IN = 1  # after a heading or a line that announces what follows
    CODE = 2  # between two lines of a fence, between two rows of a table
    SENTENCE = 3
    LINE = 4
    ITEM = 5
    PARAGRAPH = 6


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block that is open. `lead` is what stands before its mark: indentation, quote signs."""

    lead: str
    mark: str
    info: str

    @property
    def reopened(self) -> str:
        """The line that opens it again; a very long info string is left out."""
        info = self.info if len(self.info) <= _LONGEST_INFO else ""
        return f"{self.lead}{self.mark}{info}\n"

    @property
    def closed(self) -> str:
        """What ends it, from the end of its last line."""
        return f"\n{self.lead}{self.mark}"

    def ends_with(self, line: str) -> bool:
        """Whether this line closes it."""
        said = line.lstrip(" \t>").rstrip()
        return self._contains(line) and len(said) >= len(self.mark) and said == self.mark[0] * len(said)

    def may_end_with(self, line: str) -> bool:
        """Whether this unfinished line may become the one that closes it."""
        said = line.lstrip(" \t>").rstrip()
        return said != "" and said == self.mark[0] * len(said)

    def ends_before(self, line: str) -> bool:
        """Whether the quotation that it stands in is over with this line."""
        return ">" in self.lead and not line.lstrip().startswith(">")

    def _contains(self, line: str) -> bool:
        quotes = _QUOTES.match(line)
        return quotes is not None and quotes[0].count(">") == self.lead.count(">")


@dataclass(frozen=True, slots=True)
class Break:
    """The start of a line, and what is open there. `block` is where the paragraph that goes on here began."""

    at: int
    rank: Rank
    block: int
    fence: Fence | None = None
    table: str = ""


def opening_fence(line: str) -> Fence | None:
    """The fence that this line opens, if it does."""
    found = _OPENER.match(line)
    if found is None or (found["mark"][0] == "`" and "`" in found["info"]):
        return None
    lead = re.sub(r"[^\s>]", " ", found["lead"])
    return Fence(lead, found["mark"], found["info"].strip())


class Lines:
    """What is known of the finished lines of a text. `read` it again whenever the text has grown."""

    __slots__ = ("_row", "breaks", "here")

    def __init__(self) -> None:
        self.here = Break(0, Rank.PARAGRAPH, 0)
        self.breaks: list[Break] = [self.here]
        self._row = ""  # the line before, while it may turn out to head a table

    @property
    def maybe_heads_table(self) -> int:
        """How many characters before `here.at` look like the head of a table that is not there yet."""
        return len(self._row)

    def read(self, text: str, *, ended: bool = False) -> None:
        """Take in the lines that were finished since; `ended` counts the last one as finished."""
        while (end := text.find("\n", self.here.at)) >= 0:
            self._line(text[self.here.at : end + 1], end + 1)
        if ended and self.here.at < len(text):
            self._line(text[self.here.at :], len(text))

    def end_of(self, n: int, text: str) -> int:
        """Where the line that starts at break `n` ends, its line end included."""
        return self.breaks[n + 1].at if n + 1 < len(self.breaks) else len(text)

    def forget(self, before: int) -> None:
        """Drop the breaks that lie before this offset, but for the last of them."""
        while len(self.breaks) > 1 and self.breaks[1].at <= before:
            del self.breaks[0]

    def _line(self, line: str, end: int) -> None:
        self.here = self._after(line, end)
        self.breaks.append(self.here)

    def _after(self, line: str, end: int) -> Break:
        before, row, self._row = self.here, self._row, ""
        said = line.rstrip()
        if before.fence is not None and not before.fence.ends_before(said):
            if before.fence.ends_with(said):
                return Break(end, Rank.ITEM, end)
            return Break(end, Rank.CODE, end, before.fence)
        if (fence := opening_fence(said)) is not None:
            return Break(end, Rank.WORD, end, fence)
        if before.table and said.lstrip(" >").startswith("|"):
            return Break(end, Rank.CODE, end, table=before.table)
        if row and "|" in said and _DELIMITER.match(said.lstrip(" >")):
            return Break(end, Rank.WORD, end, table=row + line)
        return self._after_prose(line, said, end)

    def _after_prose(self, line: str, said: str, end: int) -> Break:
        before = self.here
        if _BLANK.match(said):
            return Break(end, before.rank if before.rank == Rank.LEAD_IN else Rank.PARAGRAPH, end)
        if said.lstrip(" >").startswith("|"):
            self._row = line
        if said.startswith("#"):
            return Break(end, Rank.LEAD_IN, end)
        return Break(end, Rank.LEAD_IN if said.endswith(":") else Rank.LINE, before.block)
