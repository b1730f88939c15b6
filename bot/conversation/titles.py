"""What the thread is called in which a question is answered. Pure."""

import re
import unicodedata

LONGEST = 100
"""Characters of a title; Discord takes no more."""

_OTHERWISE = "Question"
_READ = 2_000
_WORDLESS = 24
"""How many characters of its last word a title may lose; a longer word is divided."""

_UNSEEN = frozenset({"Cf", "Cs", "Co", "Cn"})
_JOINERS = "\u200c\u200d"
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Signs that count as letters or marks, and show nothing."""

_LOOSE_JOINER = re.compile(rf"(?<![^\x00-\x7f\s{_JOINERS}])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\x7f\s{_JOINERS}])")


def thread_title(question: str) -> str:
    """The question in one line, without what can't be seen or turns the line around, cut after a word."""
    line = " ".join("".join(map(_plain, question[:_READ])).split())
    line = " ".join(_LOOSE_JOINER.sub("", line).split())
    if not any(unicodedata.category(sign)[0] in "LNPS" for sign in line):
        return _OTHERWISE
    return line if len(line) <= LONGEST else f"{_cut(line, LONGEST - 1)}…"


def _plain(sign: str) -> str:
    """The sign as it may stand in a title. Joiners hold some scripts and pictures together, so they may stay."""
    if sign in _JOINERS:
        return sign
    if sign in _BLANKS or unicodedata.category(sign) in _UNSEEN:
        return ""
    return " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign


def _cut(line: str, most: int) -> str:
    """The beginning of the line: whole words, or as much of a long one as can be seen whole."""
    at = line.rfind(" ", most - _WORDLESS, most + 1)
    if at > 0:
        return line[:at].rstrip(" ,;:-–")
    import regex  # loaded for long words alone

    end = 0
    for found in regex.finditer(r"\X", line):
        if found.end() > most:
            break
        end = found.end()
    return line[: end or most]
