"""Answers from what was said before: names, who said what, a summary, a remembered fact. Pure."""

import re

from bot.demo.questions import Question, keywords, matching_lines, score, speeches

_MY_NAME = re.compile(r"\b(?:my name is|call me|i am called)\s+(?P<name>[^\W\d_][\w'’-]*)", re.I)
_WHICH_NAME = re.compile(r"\bwhat(?:['’]s| is) my name\b|\bwho am i\b|\bdo you know my name\b", re.I)
_SAID = re.compile(
    r"\bwhat (?:did|has) (?P<who>[\w'’ -]{1,32}?) (?:say|said|tell|told|write|written|mention)\w*"
    r"(?: (?:us|me))?(?: (?:about|on|of) (?P<what>[^?\n]+))?",
    re.I,
)
_SUMMARY = re.compile(r"\b(summari[sz]e|summary|tl;?dr|recap|what (was|has been) (said|discussed))\b", re.I)
_REMEMBER = re.compile(r"\b(?:remember|note|keep in mind)(?: that|:)?\s+(?P<what>[^\n]{3,200})", re.I)
_SHORT = 140


def name(question: Question) -> str | None:
    """“My name is …” is noted; “what is my name” is looked up among what this person said."""
    told = _MY_NAME.search(question.head)
    if told:
        return f"Noted, {told['name']}: I find it again for as long as it stands in this conversation."
    if not _WHICH_NAME.search(question.head):
        return None
    mine = [text for who, text in speeches(question.before) if question.speaker is None or who == question.speaker]
    found = [match["name"] for text in mine for match in _MY_NAME.finditer(text)]
    if found:
        return f"You told me that your name is {found[-1]}."
    seen = f" The chat shows you as {question.speaker}." if question.speaker else ""
    return f"You have not told me your name in what I can see of this conversation.{seen}"


def said_by(question: Question) -> str | None:
    """What somebody said about something: the lines that match, quoted."""
    asked = _SAID.search(question.head)
    if not asked:
        return None
    who = question.speaker if asked["who"].lower() == "i" else asked["who"]
    anyone = asked["who"].lower() in ("we", "they", "people", "everyone", "anybody", "anyone")
    theirs = [(n, text) for n, text in speeches(question.before) if anyone or n.lower() == (who or "you").lower()]
    wanted = keywords(asked["what"] or "")
    lines = [f"> {n}: {line}" for n, text in theirs for line in _matching(text, wanted)]
    if lines:
        return f"{asked['who'].capitalize()} said:\n\n" + "\n".join(lines[-5:])
    about = f" about {asked['what'].strip()}" if asked["what"] else ""
    return f"I see nothing that {asked['who']} said{about} in what I was given of this conversation."


def summary(question: Question) -> str | None:
    """The first line of everything that was said, the last dozen of it."""
    if not _SUMMARY.search(question.head):
        return None
    said = [f"- **{who}:** {_shortened(text)}" for who, text in speeches(question.before)]
    if not said:
        return "Nothing was said before this that I can see."
    left_out = f"\n\n({len(said) - 12} earlier messages are left out.)" if len(said) > 12 else ""
    return "What people said, a line each; I only quote:\n\n" + "\n".join(said[-12:]) + left_out


def noted(question: Question) -> str | None:
    """“Remember that …”: it stands in the conversation, and that is where it will be found."""
    told = _REMEMBER.search(question.head)
    return f"Noted: {told['what'].strip()}" if told else None


def found(question: Question) -> str | None:
    """The line of the conversation that holds most of the question's words: all of one or two, half of more."""
    wanted = keywords(question.head)
    enough = max(1, (len(wanted) + 1) // 2) if len(wanted) > 2 else len(wanted)
    best = max(speeches(question.before), key=lambda speech: score(speech[1], wanted), default=None)
    if not wanted or best is None or score(best[1], wanted) < enough:
        return None
    who, text = best
    return f"{who} said earlier:\n\n" + "\n".join(f"> {line}" for line in matching_lines(text, wanted))


def _matching(text: str, wanted: frozenset[str]) -> list[str]:
    return matching_lines(text, wanted) if wanted else text.splitlines()[:2]


def _shortened(text: str) -> str:
    line = text.splitlines()[0]
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"
