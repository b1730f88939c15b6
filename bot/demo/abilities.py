"""What the scripted models can do: a table of rules, asked in order until one has an answer. Pure."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from bot.demo import arithmetic, catalogue, drawing, hostile, reading, recall, searching, tooling
from bot.demo.digesting import digest, memory
from bot.demo.faults import FAULTS, wished_in, without_wish
from bot.demo.prose import MOST_WORDS, essay
from bot.demo.questions import Question, questions
from bot.demo.structured import example
from bot.demo.understanding import Prompt
from bot.demo.wire import Answer

Ability: TypeAlias = Callable[[Question], Answer | str | None]

SELF = (
    "I am Gatepost's built-in model. I am scripted and not intelligent: I follow some twenty rules so that you "
    "can try everything here without an account. Set `AI_GATEWAY_API_KEY` to talk to real models."
)
GREETING = f"""\
Hello{{name}}! {SELF.split(". ", 1)[0]}, scripted and not intelligent. Some things to try:

- Drop in a picture or a PDF and ask “What is in this?” or “What does it say about …?”
- “Write 300 words about lighthouses slowly”, then press Stop, then Continue
- “What time is it in Tokyo and in Paris?” calls a tool, here two at once; “Remind me in one minute to stretch”
- “My name is …”, then “What is my name?”; “What did Ada say about …?”; `/model gatepost/faulty`"""

_GREETING = re.compile(
    r"^(hi|hello|hey|hallo|moin|servus|good (morning|day|evening)|help|start)\b[^\n]{0,24}$", re.I
)
_ABILITY = re.compile(r"\bwhat (can|do) you do\b|\bwhat can (i|one) (try|do|ask)\b|^\s*help\b", re.I)
_SELF = re.compile(
    r"\b(who|what|which|what model|which model) are you\b|\bwho (made|built|wrote) you\b"
    r"|\bare you (an? )?(ai|bot|human|real|intelligent|(chat)?gpt\S*|claude|gemini|llama)\b",
    re.I,
)
_REPEAT = re.compile(
    r"^\s*(?:please )?(?:repeat(?: after me)?|echo|say)\s*[:,]?\s+(?P<words>\S.*)", re.I | re.DOTALL
)
_WRITE = re.compile(r"\b(?P<n>\d[\d,. ]*)\s*words\b(?:.*?\b(?:about|on)\s+(?P<topic>[^\n.?!]{1,60}))?", re.I)
_COUNT = re.compile(r"\bcount\b(?:\D{0,20}?\bfrom (?P<low>\d{1,6}))?\D{0,20}?\b(?:to )?(?P<high>\d{1,6})", re.I)
_CONTINUE = re.compile(r"^\s*(please )?(continue|go on|carry on|keep going|weiter)\b[^\n]{0,80}$", re.I)
_POLITE = tuple(
    (re.compile(rf"^(?:{words})(?!\w)[^\n]{{0,24}}$", re.I), said)
    for words, said in (
        (r"thanks?|thank you|thx|cheers|danke|merci", "You are welcome."),
        (r"(?:good )?bye|see you|good night|ciao", "Good bye! I am here whenever you need me."),
        (r"how are you|how is it going|how['’]s it going", "As well as a script can be. What shall we try?"),
        (r"(?:ok(?:ay)?|great|nice|cool|perfect|wow|well done)[.!]*$", "Good. What shall we try next?"),
    )
)
_THINK = re.compile(r"\bthink\b", re.I)
_PACE = re.compile(r"\bpace (?P<pace>\d{1,5})\b", re.I)
_SLOWLY = re.compile(r"\bslowly\b", re.I)
_FAST = re.compile(r"\b(fast|quickly|at once)\b", re.I)
_PACE_WORDS = re.compile(r"[,;]?\s*\b(slowly|quickly|fast|pace \d{1,5})\b", re.I)
_LONGEST_COUNT = 2_000


def respond(prompt: Prompt) -> Answer:
    """The model's answer to a prompt: the same for the same prompt."""
    if prompt.model == catalogue.HOSTILE:
        return hostile.obey(prompt)
    answers = [(question, _answer(question)) for question in questions(prompt)]
    if len(answers) == 1:
        return answers[0][1]
    text = "\n\n".join(f"**{question.speaker or 'You'}:** {answer.text}" for question, answer in answers)
    calls = tuple(call for _, answer in answers for call in answer.calls)
    pictures = tuple(picture for _, answer in answers for picture in answer.pictures)
    return Answer("" if calls else text, calls, pictures, pace=answers[-1][1].pace)


def _answer(question: Question) -> Answer:
    for ability in _abilities():
        found = ability(question)
        if found is not None:
            answer = Answer(found) if isinstance(found, str) else found
            thought = answer.reasoning or _thought(question, ability)
            return replace(answer, reasoning=thought, pace=answer.pace or _pace(question))
    raise AssertionError("the last ability always answers")


def _abilities() -> tuple[Ability, ...]:
    return (
        _structured,
        _continued,
        tooling.used,
        tooling.demanded,
        _faulty,
        _repeated,
        _introduced,
        _greeted,
        tooling.called,
        searching.searched,
        _written,
        _counted,
        drawing.drawn,
        reading.attached,
        arithmetic.computed,
        recall.name,
        recall.said_by,
        recall.summary,
        reading.earlier,
        recall.noted,
        _polite,
        tooling.missing,
        recall.found,
        _puzzled,
    )


def _thought(question: Question, ability: Ability) -> str:
    """What there is to tell of how the answer was found, where thinking was asked for."""
    slow = question.prompt.model == catalogue.SLOW
    if question.prompt.silent:
        return ""
    if not (slow or question.prompt.thinks or _THINK.search(question.head)):
        return ""
    rule = ability.__name__.strip("_")
    return f"I go through my rules in order. The first that fits is called “{rule}”, so I follow it."


def _pace(question: Question) -> float | None:
    asked = _PACE.search(question.head)
    if asked:
        return max(1.0, float(asked["pace"]))
    if _SLOWLY.search(question.head):
        return catalogue.SLOW_PACE
    if _FAST.search(question.head):
        return 1_000.0
    return catalogue.SLOW_PACE if question.prompt.model == catalogue.SLOW else None


def _structured(question: Question) -> str | None:
    schema = question.prompt.schema
    if schema is None:
        return None
    import orjson

    return orjson.dumps(
        digest(question.prompt) or memory(question.prompt) or example(schema, question.head[:200])
    ).decode()


def _continued(question: Question) -> Answer | None:
    """The rest of an answer that was cut off: made again, it begins with what is there already."""
    if question.partial is not None:
        return _rest(replace(question, partial=None), question.partial)
    if not _CONTINUE.match(question.head) or not question.before:
        return None
    last = question.before[-1]
    if last.role != "assistant":
        return None
    original = replace(question.prompt, everything=question.before[:-1])
    return _rest(questions(original)[-1], last.text)


def _rest(question: Question, partial: str) -> Answer:
    whole = _answer(question)
    begun = partial if whole.text.startswith(partial) else partial.rstrip()
    if begun and whole.text.startswith(begun) and len(whole.text) > len(begun):
        return replace(whole, text=whole.text[len(begun) :])
    return Answer("There is nothing to add: the answer above is whole.")


def _faulty(question: Question) -> Answer | str | None:
    """The faulty model lists its faults; asked for one, it answers the rest of the question, and fails at it."""
    if question.prompt.model != catalogue.FAULTY:
        return None
    asked = wished_in(question.head)
    if asked is None:
        table = "\n".join(f"| `{name}` | {fault.description} |" for name, fault in FAULTS.items())
        how = "I fail on request: write a line such as `fault: rate-limit`."
        return f"{how}\n\n| Fault | What happens |\n| --- | --- |\n{table}"
    rest = without_wish(question.text)
    if rest:
        return _answer(replace(question, text=rest, prompt=replace(question.prompt, model=catalogue.SCRIPTED)))
    what = asked.fault.description
    return f"You asked for the fault `{asked.name}`: {what}. " + essay("failing on purpose", 120)


def _repeated(question: Question) -> str | None:
    found = _REPEAT.match(question.text)
    return found["words"].strip() if found else None


def _introduced(question: Question) -> str | None:
    return SELF if _SELF.search(question.head) else None


def _greeted(question: Question) -> str | None:
    hello = _GREETING.match(question.head.strip()) or _ABILITY.search(question.head)
    nothing = not question.head.strip() and not question.files
    if not hello and not nothing:
        return None
    return GREETING.format(name=f", {question.speaker}" if question.speaker else "")


def _polite(question: Question) -> str | None:
    """What people say who only want to be friendly."""
    heard = question.head.strip()
    return next((said for pattern, said in _POLITE if pattern.match(heard)), None)


def _written(question: Question) -> str | None:
    found = _WRITE.search(question.head)
    number = re.sub(r"\D", "", found["n"]) if found else ""
    if not found or not number:
        return None
    words = int(number[:9])
    topic = _PACE_WORDS.sub("", found["topic"] or "").strip() or "nothing in particular"
    text = essay(topic, min(words, MOST_WORDS))
    return text if words <= MOST_WORDS else f"{text}\n\n({MOST_WORDS} words are the most I write at once.)"


def _counted(question: Question) -> str | None:
    found = _COUNT.search(question.head)
    if not found:
        return None
    low, high = int(found["low"] or 1), int(found["high"])
    last = min(high, low + _LONGEST_COUNT - 1)
    counted = ", ".join(map(str, range(low, last + 1)))
    return f"{counted}." if last == high else f"{counted} … and there I stop: {_LONGEST_COUNT} numbers are enough."


def _puzzled(question: Question) -> str:
    heard = " ".join(question.head.split())
    heard = heard if len(heard) <= 120 else heard[:119] + "…"
    return (
        f"I read “{heard}”, and none of my rules covers it: I am scripted, not intelligent. I look at pictures "
        "and into documents, find what was said here, call tools, write, count, calculate. “help” shows examples; "
        "with `AI_GATEWAY_API_KEY` set, a real model answers."
    )
