"""Long texts, a part at a time. Pure."""

PART = 7_000
"""Characters of a part, about."""


def part_of(text: str, number: int) -> tuple[str, int]:
    """A part of a text, counted from 1, and how many there are. Parts end at paragraphs or lines where they can.

    A number past the end gives an empty part.
    """
    parts = divided(text)
    return (parts[number - 1] if 1 <= number <= len(parts) else ""), len(parts)


def divided(text: str) -> list[str]:
    """All the parts."""
    parts: list[str] = []
    start = 0
    while len(text) - start > PART:
        end = start + PART
        breaks = (text.rfind(mark, start + PART // 2, end) for mark in ("\n\n", "\n", " "))
        end = next((found for found in breaks if found > 0), end)
        parts.append(text[start:end].strip("\n"))
        start = end
    return [*parts, text[start:].strip("\n")]
