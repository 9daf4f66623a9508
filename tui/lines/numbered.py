"""What was listed last, so that a number means what was said, whatever came or went since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from tui.lines.place import named, number_of

T = TypeVar("T")


class Numbered(Generic[T]):
    """Things with a directory each, of which one is meant by its number in the last list, or by name.

    :param find: those that there are by now.
    :param directory: of one of them; its name is the name.
    :param describe: one of them anew, by its directory; None: as `find` has it by then.
    """

    def __init__(
        self,
        find: Callable[[], Sequence[T]],
        directory: Callable[[T], Path],
        describe: Callable[[Path], T] | None = None,
    ) -> None:
        self._find, self._directory, self._describe = find, directory, describe
        self._said: list[Path] | None = None

    def all(self) -> Sequence[T]:
        """Those that there are, to be said: numbers are theirs from now on."""
        found = self._find()
        self._said = [self._directory(each) for each in found]
        return found

    def chosen(self, text: str) -> T | None:
        """The one that is meant, as it is by now; None: none, or it is gone."""
        if self._said is None:
            self.all()
        if (number := number_of(text, len(self._said or ()))) is not None:
            return self._anew((self._said or [])[number - 1])
        there = self._find()
        at = named(text, [self._directory(each).name for each in there])
        return there[at] if at is not None else None

    def _anew(self, directory: Path) -> T | None:
        if self._describe is not None:
            return self._describe(directory) if directory.is_dir() else None
        return next((each for each in self._find() if self._directory(each) == directory), None)
