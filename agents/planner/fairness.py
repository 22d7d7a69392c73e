"""Fair shares: how much service each key has had, and which keys are ahead of the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable


class Shares:
    """Attained service of keys. A key that comes back after a pause starts level with the others, without a credit."""

    def __init__(self) -> None:
        self._attained: dict[str, float] = defaultdict(float)
        self._open: Counter[str] = Counter()  # tasks that wait or run

    def enter(self, key: str) -> None:
        if not self._open[key]:
            present = [self._attained[one] for one, count in self._open.items() if count]
            self._attained[key] = max(self._attained[key], min(present, default=0.0))
        self._open[key] += 1

    def leave(self, key: str) -> None:
        self._open[key] -= 1

    def serve(self, key: str, work: float) -> None:
        self._attained[key] += work

    def ahead(self, waiting: Iterable[str], round_: float) -> set[str]:
        """Of the keys that wait those that have had more than a round above the least."""
        keys = set(waiting)
        least = min((self._attained[key] for key in keys), default=0.0)
        return {key for key in keys if self._attained[key] > least + round_}
