"""Answers about files: what a picture is, what a document says, the line that holds the question's words. Pure."""

import re

from bot.demo.questions import Question, keywords, matching_lines, score, words_in
from bot.demo.senses import Seen

_ABOUT_FILES = re.compile(
    r"\b(files?|documents?|pdfs?|pictures?|images?|photos?|screenshots?|attach\w*|png|jpe?g|csv|report)\b"
    r"|\bwhat (does|do) (it|this|that|they) (say|show)\b|\bin (it|this)\b",
    re.I,
)
_PICTURE = re.compile(r"\b(pictures?|images?|photos?|screenshots?|png|jpe?g|colou?rs?|see)\b", re.I)
_LONGEST = 1_500
_MANY = 6


def attached(question: Question) -> str | None:
    """About the files that came with the question."""
    return _about(question, question.files) if question.files else None


def earlier(question: Question) -> str | None:
    """About files from earlier in the conversation, when the question speaks of them."""
    held = [file for said in question.before for file in said.files]
    named = [file for file in held if file.name.lower() in question.head.lower()]
    if not held or not (named or _ABOUT_FILES.search(question.head)):
        return None
    wanted = keywords(question.head)
    pictures = [file for file in held if file.picture] if _PICTURE.search(question.head) else []
    holding = [file for file in held if wanted and score(file.text, wanted)]
    return _about(question, tuple(named or pictures or holding or held[-1:])[-_MANY:])


def _about(question: Question, files: tuple[Seen, ...]) -> str:
    wanted = keywords(question.head) - keywords(" ".join(file.name for file in files))
    return "\n\n".join(_one(file, wanted) for file in files[:_MANY]) + _more(len(files) - _MANY)


def _one(file: Seen, wanted: frozenset[str]) -> str:
    left_out = f" {file.unread.rstrip('.')}." if file.unread else ""
    head = f"**{file.name}** is {file.about}.{left_out}"
    if not file.text:
        return head
    lines = matching_lines(file.text, wanted)
    if lines:
        return f"{head} About {_listed(words_in(' '.join(lines), wanted))} it says:\n\n{_quoted(lines)}"
    headings = [line.strip() for line in file.text.splitlines() if re.match(r"#{1,6} \S", line)]
    outline = f" Its headings: {'; '.join(heading.lstrip('# ') for heading in headings[:8])}." if headings else ""
    return f"{head}{outline} It says:\n\n{_quoted(_beginning(file.text))}"


def _beginning(text: str) -> list[str]:
    if len(text) <= _LONGEST:
        return text.splitlines()
    shown = text[:_LONGEST].rsplit(None, 1)[0]
    return [*shown.splitlines(), f"… and {len(text) - len(shown)} characters more"]


def _quoted(lines: list[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _listed(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words[:4])


def _more(count: int) -> str:
    return f"\n\nThere are {count} files more; ask about one by its name." if count > 0 else ""
