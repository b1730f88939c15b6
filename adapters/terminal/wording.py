"""Sentences that name commands and buttons, as they make sense to somebody at a shell. Pure."""

import re

_INSTEAD = (
    (re.compile(r"use /reset or a thread"), "ask for less"),
    (re.compile(r": press the button, or switch with `/model ([^`]+)`"), r": ask again with -m \1"),
    (re.compile(r", or shorter answers with `/settings [^`]+`"), ""),
    (re.compile(r"`?/model\b`?"), "-m MODEL"),
)


def at_a_shell(said: str) -> str:
    """A line under an answer: here there is one question, and its model is an option."""
    for pattern, instead in _INSTEAD:
        said = pattern.sub(instead, said)
    return said
