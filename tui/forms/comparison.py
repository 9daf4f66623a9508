"""The form of a comparison without its widgets: parse its texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from namecls.config import CELLS, PRESETS, SETTINGS, TrainConfig
from namecls.errors import ConfigError
from namecls.language import N_, _, ngettext
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
#: What a comparison will do, marked: with what `counted` gives, ``data`` and ``epochs``; and what it tells.
DOES = N_(
    "{trainings}: {networks} under {seeds}, on the same split of {data}, {epochs} epochs each. "
    "All are tested on the same names."
)
TELLS = N_(
    "Told are accuracy, macro-F1 and seconds with their spread over the seeds, how much the answers "
    "hang on letters far back, and which differences exceed the noise of test names and seeds."
)


@dataclass(frozen=True, slots=True)
class WantedComparison:
    """A comparison that is wanted."""

    base: TrainConfig
    networks: tuple[str, ...]
    seeds: tuple[int, ...]


def counted(wanted: WantedComparison) -> dict[str, str]:
    """How many trainings, networks and seeds it has."""
    networks, seeds = len(wanted.networks), len(wanted.seeds)
    return {
        "trainings": _("{runs} trainings").format(runs=networks * seeds),
        "networks": ngettext("{networks} network", "{networks} networks", networks).format(networks=networks),
        "seeds": ngettext("{seeds} seed", "{seeds} seeds", seeds).format(seeds=seeds),
    }


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
