"""What people have seen of a reply, and since when they are missing something. In the loop's time."""

from collections.abc import Callable


class Sight:
    """Told of every change and of every call that showed some."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.unseen_since: float | None = None
        self.visible_since: float | None = None
        """When people first saw text of it."""
        self.changes = 0
        """Since people last saw one."""

    def miss(self) -> None:
        """Something has changed that people do not see yet."""
        if self.unseen_since is None:
            self.unseen_since = self._now()

    def take_unseen(self) -> float | None:
        """Since when something is unseen, for the call that is about to show it."""
        unseen, self.unseen_since = self.unseen_since, None
        return unseen

    def see_text(self) -> None:
        """People see text of it."""
        if self.visible_since is None:
            self.visible_since = self._now()

    def see(self, unseen: float | None) -> tuple[float | None, int]:
        """How old what people see now had become, and how many changes they were spared to see one by one."""
        if unseen is None or self.visible_since is None:
            return None, 0
        spared, self.changes = max(0, self.changes - 1), 0
        return self._now() - unseen, spared

    def age(self, now: float) -> float:
        """For how many seconds people have been seeing text of it."""
        return 0.0 if self.visible_since is None else now - self.visible_since
