"""The time that a search may take, as people write it."""

from __future__ import annotations

import re

from namecls.errors import ConfigError, shown
from namecls.language import _

LONGEST = 366 * 86_400  # seconds

_BUDGET = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)


def read_budget(text: str) -> float:
    """The seconds that ``90s``, ``10m`` or ``1h30m`` mean.

    :raises ConfigError: if it means none.
    """
    found = _BUDGET.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    budget = hours * 3600 + minutes * 60 + seconds
    if not 0 < budget <= LONGEST:
        raise ConfigError(
            _("a budget must be a time such as 90s, 10m or 1h30m, was: {text}").format(text=shown(text))
        )
    return float(budget)


def show_budget(seconds: float) -> str:
    """The inverse of `read_budget`, in whole seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
