"""What people may see in the end: nothing lost, nothing twice, nothing in half. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

APOLOGY = re.compile(r"⚠ I tried this twice .* \(ref [0-9a-f]{8}\)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the page shows it: its words without any markup, and the names of its buttons."""

    id: str
    place: str
    us: bool
    words: str
    status: str | None = None
    buttons: tuple[str, ...] = ()
    final: bool = True
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks, under the id of their message, and the pattern of all the words of its answer.

    `place` is where it is answered. `patient` says that it may end with an apology instead: it can have been
    at work in two processes that were killed.
    """

    id: str
    place: str
    text: str
    answer: str
    patient: bool = False


def violations(asked: Sequence[Question], transcript: Sequence[Shown]) -> list[str]:
    """Everything in the transcript that should not be so, one sentence each. Messages stand in their order."""
    found = [f"{name} is there {n} times" for name, n in _people_said(asked, transcript).items() if n != 1]
    answers = _answers(transcript)
    for question in asked:
        found += [
            f"{question.id}: {said}" for said in _faults(question, answers.pop((question.place, question.id), ()))
        ]
    for (place, message_id), said in answers.items():
        found += [f"{place}: {one.id} answers {message_id or 'nobody'}, which is no question" for one in said]
    return found


def apologies(transcript: Iterable[Shown]) -> int:
    """How many answers are apologies."""
    return sum(_apologises(message) for message in transcript)


def _people_said(asked: Sequence[Question], transcript: Iterable[Shown]) -> Counter[str]:
    """How often each question stands in the place it was asked in; by its words, whatever its id is."""
    names = {question.text: question.id for question in asked}
    seen = {(message.id, message.words) for message in transcript if not message.us}
    said = Counter(names[words] for _, words in seen if words in names)
    return Counter({question.id: said[question.id] for question in asked})


def _answers(transcript: Iterable[Shown]) -> dict[tuple[str, str], tuple[Shown, ...]]:
    """Our messages by place and by the message of a person that they stand below."""
    found: dict[tuple[str, str], tuple[Shown, ...]] = {}
    for place, messages in groupby(transcript, key=lambda message: message.place):
        above = ""
        for message in messages:
            if message.us:
                found[place, above] = (*found.get((place, above), ()), message)
            else:
                above = message.id
    return found


def _faults(question: Question, answer: Sequence[Shown]) -> list[str]:
    if not answer:
        return ["no answer"]
    found = [fault for message in answer for fault in _unfinished(message)]
    if any(map(_apologises, answer)):
        return [*found, *_wrongly_apologised(question, answer)]
    words = " ".join(message.words for message in answer)
    if re.fullmatch(question.answer, words) is None:
        twice = len(re.findall(question.answer, words)) > 1
        found.append("answered twice" if twice else f"not the whole answer, and nothing else: …{words[-60:]!r}")
    return found


def _unfinished(message: Shown) -> Iterable[str]:
    if not message.final:
        yield f"{message.id} is not final"
    if message.status is not None and not _apologises(message):
        yield f"{message.id} still says {message.status!r}"
    if "stop" in message.buttons:
        yield f"{message.id} can still be stopped"
    if not message.words and message.status is None:
        yield f"{message.id} is empty"


def _wrongly_apologised(question: Question, answer: Sequence[Shown]) -> Iterable[str]:
    if not question.patient:
        return ["given up after a single death"]
    return ["more than one apology"] if len(answer) > 1 else []


def _apologises(message: Shown) -> bool:
    return message.status is not None and APOLOGY.fullmatch(message.status) is not None
