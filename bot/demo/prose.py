"""Long texts on request: the models' own prose, always the same for the same wish, in every kind of Markdown."""

from collections.abc import Iterator
from itertools import count

MOST_WORDS = 5_000

_SENTENCES = (
    "Whoever asks for many words about {topic} should get them in an order that helps.",
    "A first look at {topic} shows less than a second one, and a third one shows what the second one missed.",
    "None of this was thought up just now; it was written once and is read out here.",
    "People who disagree about {topic} often use the same words for different things.",
    "It pays to begin with the smallest example that still hurts.",
    "What cannot be measured can still be described, as long as nobody calls the description a measurement.",
    "The plain version usually comes last, because it is the hardest one to write.",
    "If two explanations fit, keep the one that you can show to be wrong.",
    "Every paragraph here has the same modest purpose, namely to be long enough to watch it arrive.",
    "Somebody has to read all this, so it stops when the number of words is reached.",
    "A good note on {topic} says what was tried, what happened, and what is still open.",
    "Half of the work is to notice early that the question was another one.",
)

_ROWS = (("First", "look closely"), ("Second", "write it down"), ("Third", "check it once more"))


def essay(topic: str, words: int) -> str:
    """About so many words on a topic: headings, paragraphs, a list, a table and code among them."""
    blocks: list[str] = []
    written = 0
    for block in _blocks(topic):
        size = len(block.split())
        if written + size > words and not block.startswith("```"):
            blocks.append(_ended(" ".join(block.split(" ")[: max(words - written, 1)])))
            break
        blocks.append(block)
        written += size
        if written >= words:
            break
    return "\n\n".join(blocks)


def _ended(text: str) -> str:
    text = text.rstrip(" ,;:|\n")
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _blocks(topic: str) -> Iterator[str]:
    yield f"# On {topic}"
    for part in count(1):
        yield _paragraph(topic, 5 * part)
        yield f"## Part {part}"
        yield _paragraph(topic, 5 * part + 4)
        yield "\n".join(f"{n}. {_sentence(topic, 5 * part + 7 + n)}" for n in range(1, 4))
        yield _table(part)
        yield _code(part)
        yield "> " + _sentence(topic, 7 * part)


def _paragraph(topic: str, start: int) -> str:
    return " ".join(_sentence(topic, start + n) for n in range(4))


def _sentence(topic: str, n: int) -> str:
    return _SENTENCES[n % len(_SENTENCES)].format(topic=topic)


def _table(part: int) -> str:
    rows = "\n".join(f"| {name} | {what} | {part * n} |" for n, (name, what) in enumerate(_ROWS, 1))
    return f"| Step | What to do | Minutes |\n| --- | --- | ---: |\n{rows}"


def _code(part: int) -> str:
    return f'```python\ndef part_{part}(words: list[str]) -> str:\n    return " ".join(words[:{part}])\n```'
