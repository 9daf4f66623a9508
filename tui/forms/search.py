"""The form of a hyperparameter search without its widgets: parse its texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from namecls.config import PRESETS, TrainConfig
from namecls.errors import ConfigError
from namecls.language import _
from namecls.search.space import SPACE, Dimension, Space, space_of, without_fixed
from namecls.search.study import OBJECTIVES, check_study, read_budget

#: The lines of the form above those of the settings, as it opens.
FIRST_TEXTS = {
    "preset": "default",
    "objective": OBJECTIVES[0],
    "budget": "10m",
    "seed": "0",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search that is wanted."""

    base: TrainConfig
    space: Space
    objective: str
    budget: float  # seconds
    texts: Mapping[str, str]  # what the space is made of


def read_form(texts: Mapping[str, str]) -> tuple[Wanted | None, dict[str, str]]:
    """Parse the texts to a search, and collect what is wrong with them; a search only if nothing is."""
    problems: dict[str, str] = {}
    budget, base = 0.0, PRESETS[texts["preset"]].config
    space: dict[str, Dimension] = {}
    try:
        budget = read_budget(texts["budget"])
    except ConfigError as error:
        problems["budget"] = str(error)
    try:
        base = replace(base, seed=int(texts["seed"]))
    except (ConfigError, ValueError) as error:
        problems["seed"] = str(error) if isinstance(error, ConfigError) else _("seed must be a whole number")
    tried = {name: text for name in SPACE if (text := texts[name].strip())}
    for name, text in tried.items():
        try:
            space |= space_of({name: text}, base)
        except ConfigError as error:
            problems[name] = str(error)
    try:
        wanted, base = without_fixed(space, base)
        if not problems:
            check_study(wanted, texts["objective"], budget, None)
    except ConfigError as error:  # nothing to search, or values that don't go together
        problems[next(iter(SPACE))] = str(error)
    return (None if problems else Wanted(base, wanted, texts["objective"], budget, tried)), problems
