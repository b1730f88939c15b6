"""What a model thinks, as people see it who want to: a quotation above the answer. Pure."""

MOST = 3_000
"""Characters of it that are shown."""


class Thoughts:
    """Turns the thoughts of one round into Markdown, piece by piece."""

    def __init__(self) -> None:
        self._shown = 0

    def push(self, text: str) -> str:
        """The Markdown for more of them; nothing once there was enough."""
        left = MOST - self._shown
        if not text or left <= 0:
            return ""
        opening = "" if self._shown else "> "
        self._shown += len(text)
        cut = text if len(text) <= left else f"{text[:left]}…"
        return opening + cut.replace("\n", "\n> ")

    def close(self) -> str:
        """What has to stand between them and the answer."""
        shown, self._shown = self._shown, 0
        return "\n\n" if shown else ""
