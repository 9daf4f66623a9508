"""The form of a comparison without its widgets: parse its texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from namecls.config import CELLS, PRESETS, SETTINGS, TrainConfig
from namecls.errors import ConfigError
from namecls.language import N_, _
from namecls.search.experiment import configs_of
from namecls.text import number

#: The lines of the form, as it opens.
FIRST_TEXTS = {
    "preset": "tutorial",
    "networks": ",".join(CELLS),
    "seeds": "0,1,2",
    "epochs": str(PRESETS["tutorial"].config.epochs),
}
#: The titles of the lines, marked for the catalogues; and the lines that are choices.
TITLES = {
    "preset": N_("preset"),
    "networks": N_("networks"),
    "seeds": N_("seeds"),
    "epochs": SETTINGS["epochs"].title,
}
CHOICES = {"preset": tuple(PRESETS)}


@dataclass(frozen=True, slots=True)
class WantedComparison:
    """A comparison that is wanted."""

    base: TrainConfig
    networks: tuple[str, ...]
    seeds: tuple[int, ...]


def texts_of(preset: str) -> dict[str, str]:
    """What a preset changes in the lines."""
    return {"epochs": str(PRESETS[preset].config.epochs)}


def read_form(texts: Mapping[str, str]) -> tuple[WantedComparison | None, dict[str, str]]:
    """Parse the texts to a comparison, and collect what is wrong with them; a comparison only if nothing is."""
    problems: dict[str, str] = {}
    base = PRESETS[texts["preset"]].config
    networks = tuple(map(str.strip, texts["networks"].split(",")))
    seeds: tuple[int, ...] = ()
    epochs = SETTINGS["epochs"]
    try:
        base = base.changed({"epochs": epochs.read(texts["epochs"].strip())})
    except ConfigError as error:
        problems["epochs"] = str(error)
    try:
        seeds = tuple(number(each.strip(), int) for each in texts["seeds"].split(","))
    except ValueError:
        problems["seeds"] = _("seeds: expected whole numbers with commas between")
    try:
        configs_of(base, networks, (0,))
    except ConfigError as error:
        problems["networks"] = str(error)
    if "seeds" not in problems:
        try:
            configs_of(base, ("rnn",), seeds)
        except ConfigError as error:
            problems["seeds"] = str(error)
    return (None if problems else WantedComparison(base, networks, seeds)), problems
