"""A provider's words as the log may keep them. Pure."""

import re

MAX_DETAIL = 300
"""Characters that the log keeps."""

MOST_READ = 4000
"""Characters that are looked at; a provider may send a book."""

_SECRETS = re.compile(
    r"https?://\S+"
    r"|\b(api_key_id|team|user|acct|prj)_[A-Za-z0-9]+"
    r"|\b(sk|vck|pk|key)[-_][A-Za-z0-9_-]{6,}"
    r"|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+"
    r"|\bBearer\s+\S+"
    r"|\b(key|token)\b[^.,;:]{0,20}:\s*\S+",
    re.I,
)


def cleaned(words: str) -> str:
    """A provider's words as the log may keep them: without keys, account ids and links, and not endless."""
    return " ".join(_SECRETS.sub("[…]", words[:MOST_READ]).split())[:MAX_DETAIL]
