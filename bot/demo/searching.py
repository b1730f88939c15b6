"""The gateway's own web search, played: this gateway reaches no web, and says so. Pure."""

import re

from bot.demo.questions import Question
from bot.demo.wire import Answer

PAGES = (("Example Domain", "https://example.com/"), ("Example, again", "https://example.org/"))

_SEARCH = re.compile(
    r"\bsearch(?:es)? the (?:web|internet)\b|\blook (?:it )?up on the web\b|\bin the news\b", re.I
)


def searched(question: Question) -> Answer | None:
    """The answer of a question for which the web would be searched, where the request offers that."""
    if not question.prompt.searches or not _SEARCH.search(question.head):
        return None
    text = (
        "I was asked to search the web. The built-in gateway reaches none, so this is only what such an answer "
        "looks like: one search is counted, and two pages that exist for examples are named as its sources."
    )
    return Answer(text, searches={question.prompt.searches[0]: 1}, sources=PAGES)
