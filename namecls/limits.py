"""A limit on the address space, told before the large libraries meet it, which would end in other errors or abort."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

from namecls.errors import NameclsError
from namecls.language import _

#: What a training of the default preset takes on two cores, measured, and what threads of each further one reserve.
NEEDED, PER_CORE = 1536 * 2**20, 128 * 2**20
_LARGE = ("torch", "polars")


def shortage() -> str:
    """What is wrong with the address space that this process may take; nothing, if it is enough."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_AS)
    needed = NEEDED + PER_CORE * max((os.cpu_count() or 1) - 2, 0)
    if limit == resource.RLIM_INFINITY or limit >= needed:
        return ""
    return _(
        "the address space of this process is limited to {limit:,} MiB, expected {needed:,} MiB at "
        "least; raise the limit: ulimit -v {kib}"
    ).format(limit=limit >> 20, needed=needed >> 20, kib=needed >> 10)


def guard_imports() -> None:
    """Refuse to import the large libraries from now on, if there is too little address space for them."""
    if problem := shortage():
        sys.meta_path.insert(0, _Guard(problem))


class _Guard(MetaPathFinder):
    """Asked first for every module that is not imported yet."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:  # noqa: ARG002
        if name in _LARGE:
            raise NameclsError(self._problem)
