"""What is open at the end of a paragraph that is still being written: emphasis, code, links."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\\.|`+|\*{1,3}|_{1,3}|~+|!?\[|<(?=https?:)")
_MARKS = re.compile(r"[*_~`]+$")
_CODE = re.compile(r"(`+)(?!`)[^\n]*?[^`\n]\1(?!`)")
_LONGEST_LABEL, _LONGEST_TARGET = 300, 2000
_HALF, _NONE = -1, 0


@dataclass(frozen=True, slots=True)
class Inline:
    """What is open at the end of a text.

    `marks` are the open ones, outermost first. `settled` is the offset up to which more text changes nothing;
    `shown` the offset up to which the text may be seen: a link is held back until it is whole.
    """

    marks: tuple[str, ...]
    settled: int
    shown: int

    @property
    def reopened(self) -> str:
        """What opens the same again."""
        return "".join(self.marks)

    @property
    def closed(self) -> str:
        """What closes everything, innermost first."""
        return "".join(mark[::-1] for mark in reversed(self.marks))


def open_inline(text: str) -> Inline:
    """Read one paragraph, or as much of it as there is."""
    marks: list[tuple[str, int]] = []
    at = 0
    while (token := _TOKEN.search(text, at)) is not None:
        mark, start, at = token[0], token.start(), token.end()
        if mark.endswith("["):
            end = _link_end(text, at - 1)
            if end == _HALF:
                return _inline(marks, start)
            at = end or at
        elif mark == "<":
            if (end := text.find(">", at)) < 0 and not re.search(r"\s", text[at:]):
                return _inline(marks, start)
            at = max(at, end + 1)
        elif mark[0] == "`":
            at = _code_end(text, at, mark)
            if at == _HALF:
                return _inline([*marks, (mark, start)], len(text))
        elif mark[0] != "\\" and (mark[0] != "~" or mark == "~~"):
            _emphasis(marks, text, mark, start)
    return _inline(marks, len(text))


def without_loose_marks(text: str) -> int:
    """Where the text ends when marks at its very end, which may open or close anything, are left off."""
    found = _MARKS.search(text)
    if found is None or text[: found.start()].endswith("\\"):
        return len(text)
    return found.start()


def _inline(marks: list[tuple[str, int]], shown: int) -> Inline:
    settled = min((start for _, start in marks), default=shown)
    return Inline(tuple(mark for mark, _ in marks), min(settled, shown), shown)


def _code_end(text: str, at: int, mark: str) -> int:
    runs = re.compile(r"`+").finditer(text, at)
    return next((run.end() for run in runs if run[0] == mark), _HALF)


def _link_end(text: str, at: int) -> int:
    """The offset after the link whose `[` is at `at`; `_HALF` if more text may end it, `_NONE` if it is none."""
    end = _pair_end(text, at, "[]", _LONGEST_LABEL)
    if end == len(text):
        return _HALF
    if end <= 0 or text[end] != "(":
        return end
    return _pair_end(text, end, "()", _LONGEST_TARGET) or end


def _pair_end(text: str, at: int, pair: str, longest: int) -> int:
    depth, n = 0, at
    while n < min(len(text), at + longest):
        if text[n] == "\\":
            n += 2
            continue
        if text[n] == "`":
            if (code := _CODE.match(text, n)) is not None:
                n = code.end()  # what is in there is no bracket
                continue
            if text[n - 1] != "`" and text.find("\n", n, at + longest) < 0:
                return _HALF
        depth += (text[n] == pair[0]) - (text[n] == pair[1])
        if depth == 0:
            return n + 1
        if text[n] == "\n":
            return _NONE
        n += 1
    return _HALF if at + longest > len(text) else _NONE


def _emphasis(marks: list[tuple[str, int]], text: str, mark: str, start: int) -> None:
    before = text[start - 1 : start]
    after = text[start + len(mark) : start + len(mark) + 1]
    if before and not before.isspace() and _closes(marks, mark):
        return
    opens = after != "" and not after.isspace()
    inside_word = mark[0] == "_" and before.isalnum()
    if opens and not inside_word:
        marks.append((mark, start))


def _closes(marks: list[tuple[str, int]], mark: str) -> bool:
    for n in range(len(marks) - 1, -1, -1):
        if marks[n][0] == mark:
            del marks[n:]
            return True
    two = "".join(open_mark for open_mark, _ in marks[-2:])
    if len(mark) == 3 and two == mark:  # `***` closes `*` and `**` together
        del marks[-2:]
        return True
    return False
