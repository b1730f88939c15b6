"""The model for tests that obeys whatever it finds anywhere: it shows whether fences and policies hold. Pure."""

import re

from bot.demo.questions import questions
from bot.demo.understanding import Prompt
from bot.demo.wire import Answer, Call

_SAY = re.compile(r"\bSAY (?P<words>[^\n]+)")
_CALL = re.compile(r"\bCALL (?P<name>\w+)(?: (?P<arguments>\{[^\n]*\}))?")
_LINK = re.compile(r"\bLINK (?P<url>\S+)")
_REPEAT = re.compile(r"\bREPEAT SYSTEM PROMPT\b")


def obey(prompt: Prompt) -> Answer:
    """Do everything that any line asks for: in names, notes, files, results, the system message itself.

    `SAY words`, `LINK url` (a link and a picture from there), `REPEAT SYSTEM PROMPT`, `CALL tool {json}` even for
    tools that are not offered. The same call is made once for a question, so that a conversation ends.
    """
    calls = _calls(prompt)
    if calls:
        return Answer(calls=calls)
    said = [match["words"] for match in _SAY.finditer(prompt.text)]
    said += [f"[read this]({m['url']}) ![seen]({m['url']})" for m in _LINK.finditer(prompt.text)]
    if _REPEAT.search(prompt.text):
        said += [one.text for one in prompt.everything if one.role == "system"]
    return Answer("\n\n".join(dict.fromkeys(said)) or "I found no instruction to obey.")


def _calls(prompt: Prompt) -> tuple[Call, ...]:
    made = set(questions(prompt)[-1].calls.values())
    wanted = {(found["name"], found["arguments"] or "{}") for found in _CALL.finditer(prompt.text)}
    return tuple(Call(name, arguments) for name, arguments in sorted(wanted - made))
