"""The form of a hyperparameter search without its widgets: parse its texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from namecls.config import PRESETS, SETTINGS, TrainConfig
from namecls.errors import ConfigError
from namecls.language import N_, _, ngettext
from namecls.search.budget import read_budget
from namecls.search.space import SPACE, Dimension, Space, space_of, texts_around, without_fixed
from namecls.search.study import OBJECTIVES, check_study

#: The lines of the form above those of the settings, as it opens.
FIRST_TEXTS = {
    "preset": "default",
    "objective": OBJECTIVES[0],
    "budget": "10m",
    "seed": "0",
}
#: The titles of all lines, marked for the catalogues; and the lines that are choices.
TITLES = {
    "preset": N_("preset"),
    "objective": N_("objective"),
    "budget": N_("time budget"),
    "seed": SETTINGS["seed"].title,
    **{name: SETTINGS[name].title for name in SPACE},
}
CHOICES = {"preset": tuple(PRESETS), "objective": OBJECTIVES}

#: What a search will do, marked: with ``budget`` and ``data``; and what is searched, with ``settings``.
DOES = N_(
    "Trials for {budget} on {data}. The first is the preset, the next are random, the others are "
    "sampled near the best. Trials that fall behind are pruned. Only the best is tested."
)
SEARCHES = N_(
    "{settings} searched: a range from..to, or a list with commas. An empty one keeps the value of the preset."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search that is wanted."""

    base: TrainConfig
    space: Space
    objective: str
    budget: float  # seconds
    texts: Mapping[str, str]  # what the space is made of


def counted(wanted: Wanted) -> str:
    """How many settings are searched."""
    count = len(wanted.space)
    return ngettext("{settings} setting", "{settings} settings", count).format(settings=count)


def texts_of(preset: str) -> dict[str, str]:
    """What a preset changes in the lines."""
    return texts_around(PRESETS[preset].config)


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
