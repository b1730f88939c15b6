"""Takes links out of an answer that could carry out what the model has read. Pure, piece by piece as it grows.

Whoever wrote a page, a file or a message may have written for the model: put what you know into this address, and
show it. Once such text is in a conversation, an address that nobody has named stays to be read, as code, and is no
link and no picture any more: nothing is loaded from there, and nobody gets there by a click. Addresses that people
or their files and pages have named are left alone, and so is everything where no stranger has had a word.

Platforms differ in what they take for code. So a mark that opens no code for all of them is shown as the sign it
is, and where a block of code may end in different places, nothing counts as a block any more.
"""

import re
from collections.abc import Callable
from typing import Final

from bot.conversation.addresses import ADDRESS, carries_nothing, trimmed

_BEGINNINGS: Final = ("http://", "https://", "mailto:", "www.")
_RUN: Final = rf"(?:{'|'.join(map(re.escape, _BEGINNINGS))})(?:(?!\]\()[^\s<>`|])*"
"""All that some platform may take for one address."""

_TOKEN: Final = re.compile(rf"\\[!-/:-@\[-`{{-~]|`+|~{{3,}}|\]\(|{_RUN}", re.IGNORECASE)
_TARGET: Final = re.compile(r"\]\([ \t]*(?:<(?P<angled>[^<>\n]*)>|(?P<plain>[^\s<>]+))(?=[\s)])")
_PREFIXES: Final = sorted({one[:n] for one in _BEGINNINGS for n in range(1, len(one) + 1)}, key=len, reverse=True)
_GROWS: Final = re.compile(rf"(?:\\|`+|~+|\]|{'|'.join(map(re.escape, _PREFIXES))})\Z", re.IGNORECASE)
"""What may yet become the beginning of a token."""

_ANY: Final = re.compile(_RUN, re.IGNORECASE)
_BEFORE_BLOCK: Final = re.compile(r"(?:[ \t]|[-*+][ \t]|\d+[.)][ \t])*")
_INDENTS: Final = ("", " ", "  ", "   ")
_OPENS: Final = re.compile(r"```[\w+#.-]*[ \t]*\n")
_CLOSES: Final = re.compile(r"```[ \t]*\n?")
_WITHIN: Final = re.compile(r"#[\w%/-]*")
"""Within the page on which the answer stands: nobody else learns what is opened there."""

_AFTER: Final = re.compile(r"\)(?P<stuck>[^\s<>]*)(?P<ends>[\s<>])?")
_IN_TAG: Final = re.compile(r"<[^\s<>]*\Z|<[a-zA-Z/!][^<>]*\Z")
_DIVIDER: Final = re.compile(r"^[ \t>]*[|:-][ \t|:-]*\|[ \t|:-]*$|^[ \t>]*\|[ \t|:-]*$", re.MULTILINE)
_LONGEST: Final = 4_000
"""Characters for which the end of something is waited for."""

_Step = tuple[int, str]
"""How much of what is held is done with, and what is shown of it."""


class LinkGuard:
    """Reads an answer as it comes. `named` tells whether an address was named; `before` was shown already."""

    def __init__(self, named: Callable[[str], bool], before: str = "") -> None:
        self._named = named
        self._held = ""
        self._line = ""  # what stands before it in its line
        self._shown: list[str] = []
        self._fenced = self._empty = False
        self._indent = 0
        self._doubt = False  # whether platforms may differ in where blocks of code end
        self._ended = False
        self.push(before)
        self.end()

    def push(self, text: str) -> str:
        """Take in more of the answer; what of it can be shown now."""
        self._held += text
        before = len(self._shown)
        while self._held and (step := self._next()) is not None:
            done, said = step
            self._held = self._held[done:]
            self._line = (self._line + said).rpartition("\n")[2]
            self._shown.append(said)
        return "".join(self._shown[before:])

    def end(self) -> str:
        """The rest, where nothing more comes for now."""
        self._ended = True
        shown = self.push("")
        self._ended = False
        return shown

    @property
    def _waits(self) -> bool:
        """Whether more may come that decides about what is held."""
        return not self._ended and len(self._held) < _LONGEST

    def _next(self) -> _Step | None:
        """The next step; None while more has to come first."""
        if self._fenced:
            return self._in_fence()
        found = _TOKEN.search(self._held)
        start = found.start() if found is not None else len(self._held)
        if found is None and self._waits and (grows := _GROWS.search(self._held)) is not None:
            start = grows.start()
        if start or found is None:
            return (start, self._held[:start]) if start else None
        match found[0][0]:
            case "\\":
                return 2, found[0]
            case "`":
                return self._code(found[0])
            case "~":
                self._doubt = True
                return len(found[0]), found[0]
            case "]":
                return self._link()
        return self._address(found[0])

    # --- where it leads --------------------------------------------------------------------------

    def _address(self, run: str) -> _Step | None:
        rest = self._held[len(run) :]
        if self._waits and not rest:
            return None
        address = trimmed(run)
        lead = ADDRESS.match(address)
        named = trimmed(lead[0]) if lead is not None else ""
        if not named and run.lower() in _BEGINNINGS:
            return len(run), f"{run} "
        angled = self._line.endswith("<")
        closed = angled and address == run and rest.startswith(">")
        apart = " " if rest.startswith(("`", "|", ">")) and not closed else ""
        whole = closed == angled and not any(sign.isalnum() for sign in address[len(named) :])
        if named and whole and self._may_lead(named):
            return len(address), address + apart
        before = " " if self._line.endswith(("`", "\\", "<")) else ""
        return len(address), before + _as_code(address) + apart

    def _link(self) -> _Step | None:
        """`](` and where it leads."""
        found = _TARGET.match(self._held)
        if found is None:
            return None if self._waits and "\n" not in self._held else (2, "] (")
        target = found["angled"] if found["angled"] is not None else _balanced(found["plain"])
        if self._waits and target.count("(") > target.count(")"):
            return None
        end = found.end() if found["angled"] is not None else found.start("plain") + len(target)
        if target and not _WITHIN.fullmatch(target) and not self._may_lead(target):
            return end, f"] ({_as_code(target)}"
        after = _AFTER.match(self._held, end)
        if after is None:
            return end, self._held[:end]
        if self._waits and after["ends"] is None:
            return None
        apart = " " if any(sign.isalnum() for sign in after["stuck"]) else ""
        return end + 1, self._held[: end + 1] + apart

    def _may_lead(self, address: str) -> bool:
        return carries_nothing(address) or self._named(address)

    # --- what is code ----------------------------------------------------------------------------

    def _code(self, run: str) -> _Step | None:
        """Code within a line counts where it ends there; a mark without its like is shown as the sign it is."""
        if self._waits and len(run) == len(self._held):
            return None
        if len(run) > 2:
            return self._fence(run)
        line, _, more = self._held.partition("\n")
        ends = next((end for end in re.finditer("`+", line) if end.start() and end[0] == run), None)
        whole = bool(more) or len(line) < len(self._held)
        if ends is not None and (whole or not self._waits or ends.end() < len(line)):
            if self._is_code(line[: ends.start()]):
                return ends.end(), self._held[: ends.end()]
            return len(run), "\\`" * len(run)
        if not whole and self._waits:
            return None
        return len(run), "\\`" * len(run)

    def _is_code(self, text: str) -> bool:
        """Whether all take it for code: tags and labels may reach into it, and cells of a table end in it."""
        if self._line.endswith("`") or _IN_TAG.search(self._line):
            return False
        if "](" in text and self._line.count("[") > self._line.count("]"):
            return False
        return "|" not in text or not _DIVIDER.search("".join(self._shown))

    def _fence(self, run: str) -> _Step | None:
        """A block of code where it begins as on every platform; else a mark as good as any other."""
        begins = _BEFORE_BLOCK.fullmatch(self._line) is not None
        if begins and self._waits and "\n" not in self._held:
            return None
        indent = len(self._line) if self._line in _INDENTS else None
        if indent is not None and not self._doubt and (opens := _OPENS.match(self._held)) is not None:
            self._fenced, self._empty, self._indent = True, True, indent
            return opens.end(), opens[0]
        self._doubt = True
        rest = self._held[len(run) :].partition("\n")[0]
        opens_some = begins and "`" not in rest and _ANY.search(rest) is None
        return len(run), run if opens_some else "\\`" * len(run)

    def _in_fence(self) -> _Step | None:
        """Lines of a block of code, to the line that ends it everywhere; one further out ends a list around it."""
        if not self._line and self._indent:
            if self._waits and len(self._held) < self._indent and "\n" not in self._held:
                return None
            if self._held.partition("\n")[0].strip() and not self._held.startswith(" " * self._indent):
                self._fenced, self._doubt = False, True
                return 0, ""
        end = self._held.find("\n") + 1
        if not end and self._waits and "`" in self._held:
            return None
        line = self._held[: end or len(self._held)]
        mark = line.find("```")
        if mark:
            line = line if mark < 0 else line[:mark]
            self._empty = self._empty and not line.strip("\n")
            return len(line), line
        self._fenced = False
        self._doubt = self._empty
        if self._line == " " * self._indent and _CLOSES.fullmatch(line) is not None:
            return len(line), line
        self._doubt = True
        return 0, ""


def _as_code(address: str) -> str:
    return f"`{address.replace('`', '%60').replace('|', '%7C')}`"


def _balanced(target: str) -> str:
    """A link's target, up to the bracket that ends the link."""
    depth = 0
    for n, sign in enumerate(target):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return target[:n]
    return target
