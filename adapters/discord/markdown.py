"""Markdown as Discord writes it: no tables, no headings below the third, no pictures by address. Pure."""

import re
from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

_FENCE = re.compile(r"(?P<open> {0,3}(?P<mark>`{3,}|~{3,}))(?P<info>.*)")
_DEEP_HEADING = re.compile(r" {0,3}#{4,6}[ \t]+(?P<title>.+?)(?:[ \t]+#+)?[ \t]*")
_PICTURE = re.compile(r"!\[(?P<alt>[^\]\n]*)\]\((?P<url>[^\s)]+)[^)\n]*\)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_DIVIDER = re.compile(r"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_MARKS = re.compile(r"\*\*|__|~~")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WIDEST = 44
"""Columns of a table in a block of code that still fit a telephone."""


def render(markdown: str) -> str:
    """The same text in Discord's own markup."""
    lines = _CONTROL.sub("", markdown).split("\n")
    return "\n".join(_rendered(lines))


def _rendered(lines: Sequence[str]) -> Iterator[str]:
    fence = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        found = _FENCE.fullmatch(line)
        if fence:
            ends = found is not None and found["mark"].startswith(fence) and not found["info"].strip()
            fence = "" if ends else fence
        elif found is not None:
            fence = found["mark"]
        elif rows := _table(lines, at):
            yield from _as_table(rows)
            at += len(rows)
            continue
        else:
            line = _line(line)
        yield line
        at += 1


def _line(line: str) -> str:
    if heading := _DEEP_HEADING.fullmatch(line):
        return f"**{_MARKS.sub('', heading['title'])}**"
    if "---" in line or "***" in line or "___" in line:
        line = "⸻" if _RULE.fullmatch(line) else line
    return _PICTURE.sub(_as_link, line) if "![" in line else line


def _as_link(found: "re.Match[str]") -> str:
    return f"[{found['alt'] or 'picture'}]({found['url']})"


def _table(lines: Sequence[str], at: int) -> Sequence[str]:
    """The lines of a table that begins here: its head, the divider, its rows."""
    if at + 1 >= len(lines) or not _ROW.fullmatch(lines[at]) or not _DIVIDER.fullmatch(lines[at + 1]):
        return ()
    end = at + 2
    while end < len(lines) and _ROW.fullmatch(lines[end]):
        end += 1
    return lines[at:end]


def _as_table(lines: Sequence[str]) -> Iterator[str]:
    """As a block of code where it fits a screen, else row by row as a list."""
    marked = [_cells(line) for n, line in enumerate(lines) if n != 1]
    columns = max(map(len, marked))
    marked = [[*row, *[""] * (columns - len(row))] for row in marked]
    rows = [[cell.replace("`", "") for cell in row] for row in marked]
    widths = [max(_width(row[n]) for row in rows) for n in range(columns)]
    if sum(widths) + 2 * (columns - 1) > _WIDEST:
        yield from _as_list(marked)
        return
    yield "```"
    for n, row in enumerate(rows):
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
        if n == 0:
            yield "  ".join("─" * width for width in widths)
    yield "```"


def _as_list(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *body = rows
    for row in body:
        first, *rest = row
        pairs = "; ".join(
            f"{name}: {cell}" if name else cell for name, cell in zip(head[1:], rest, strict=True) if cell
        )
        yield f"- **{first or '–'}** {pairs}".rstrip()
    if not body:
        yield "**" + " | ".join(head) + "**"


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    cells = _CELL_BORDER.split(inner)[:-1]
    return [_MARKS.sub("", cell.strip().replace("\\|", "|")) for cell in cells]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
