"""A disk that goes wrong when it is told to: the calls by which a run is written, counted one by one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: Asked before each call, with its number, from 1, and its name. It may raise, or kill the process. What it returns
#: is whether the call, if it is a `write`, takes only half of the bytes.
Before = Callable[[int, str], bool]

#: The calls that need room on the disk.
TAKE_ROOM = ("create", "write", "fsync", "replace", "mkdir")

_BY_PATH = ("mkdir", "unlink", "truncate")
_BY_DESCRIPTOR = ("fsync", "ftruncate", "pwrite")


class Disk:
    """The calls of `os` that concern what is in a directory."""

    def __init__(self, directory: Path, before: Before) -> None:
        self.calls: list[str] = []
        self._directory = str(directory)
        self._before = before
        self._open: set[int] = set()

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Stand between this process and `os`."""
        real = {
            name: getattr(os, name)
            for name in ("open", "close", "write", "replace", *_BY_PATH, *_BY_DESCRIPTOR)
        }

        def opening(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            ours = self._is_ours(path)
            if ours:
                self._call("create" if flags & os.O_CREAT else "open")
            descriptor: int = real["open"](path, flags, *arguments, **options)
            if ours:
                self._open.add(descriptor)
            return descriptor

        def close(descriptor: int) -> None:
            self._open.discard(descriptor)
            real["close"](descriptor)

        def write(descriptor: int, content: Any) -> int:
            half = descriptor in self._open and self._call("write")
            count: int = real["write"](descriptor, content[: (len(content) + 1) // 2] if half else content)
            return count

        def replace(source: Any, target: Any) -> None:
            if self._is_ours(target):
                self._call("replace")
            real["replace"](source, target)

        def by_path(name: str) -> Callable[..., Any]:
            def call(path: Any, *arguments: Any, **options: Any) -> Any:
                if self._is_ours(path):
                    self._call(name)
                return real[name](path, *arguments, **options)

            return call

        def by_descriptor(name: str) -> Callable[..., Any]:
            def call(descriptor: int, *arguments: Any) -> Any:
                if descriptor in self._open:
                    self._call(name)
                return real[name](descriptor, *arguments)

            return call

        ours: dict[str, Callable[..., Any]] = {
            "open": opening,
            "close": close,
            "write": write,
            "replace": replace,
        }
        ours |= {name: by_path(name) for name in _BY_PATH} | {
            name: by_descriptor(name) for name in _BY_DESCRIPTOR
        }
        try:
            for name, function in ours.items():
                setattr(os, name, function)
            yield
        finally:
            for name, function in real.items():
                setattr(os, name, function)

    def _is_ours(self, path: Any) -> bool:
        return not isinstance(path, int) and os.fspath(path).startswith(self._directory)

    def _call(self, name: str) -> bool:
        self.calls.append(name)
        return self._before(len(self.calls), name)
