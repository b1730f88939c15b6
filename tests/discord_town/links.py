"""What in a text somebody can click on Discord, as its clients read markdown: the first rule that fits wins."""

import re
from collections.abc import Iterator

_RULES = re.compile(
    r"(?P<escape>\\[^0-9A-Za-z\s])"
    r"|(?P<block>```(?:[a-z0-9_+.#-]+\n)?\n*[^\n][\s\S]*?\n*```)"
    r"|(?P<code>(?<!`)(?P<run>`+)(?!`)[\s\S]*?[^`](?P=run)(?!`))"
    r"|(?P<masked>\[(?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*\]"
    r"\(\s*<?(?P<target>https?://(?:\([^)]*\)|[^\s\\)]|\\.)*?)>?(?:\s+['\"][\s\S]*?['\"])?\s*\))"
    r"|<(?P<angled>[^ :>]+:/[^ >]+)>"
    r"|(?P<bare>https?://[^\s<]+[^<.,:;\"')\]\s])",
    re.IGNORECASE,
)


def links_in(text: str) -> Iterator[str]:
    """The addresses behind everything that can be clicked."""
    for found in _RULES.finditer(text):
        said = (found[name] for name in ("target", "angled", "bare") if found[name] is not None)
        yield from (one for one in said if one.lower().startswith("http"))
