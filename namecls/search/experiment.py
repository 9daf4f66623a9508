"""A comparison on disk: which networks, under which seeds, on which data; what is measured so far, and the result.

save_model/<name>/experiment.json       what is compared, so that it can resume
save_model/<name>/measured.json         the runs that are over
save_model/<name>/comparison.json       what it came to
save_model/<name>-<network>-<seed>/     the runs
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.config import TrainConfig
from namecls.errors import ConfigError, RunError, shown
from namecls.files.storage import make_directory, write_json
from namecls.files.strict_json import read_json
from namecls.language import _
from namecls.runs.record import DataRecord, EditsRecord
from namecls.runs.run import check_name
from namecls.search.compared import COMPARISON, ComparedRun, Comparison, runs_from_json, runs_to_json
from namecls.system import reason_of
from namecls.training.kept_edits import edits_record, keep_edits

if TYPE_CHECKING:
    from namecls.data.table import NameTable

#: The files of a comparison, beside its result.
EXPERIMENT, MEASURED = "experiment.json", "measured.json"
MOST_NETWORKS, MOST_SEEDS = 16, 100

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What is compared, and how far it is.

    :param base: all settings but the network and the seed; its own seed decides the split of all.
    :param networks: as `ModelConfig.network` has them.
    :param measured: the runs that are over, in their order.
    """

    directory: Path
    base: TrainConfig
    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    data: DataRecord
    edits: EditsRecord | None = None
    created: str = ""
    measured: tuple[ComparedRun, ...] = ()
    result: Comparison | None = None

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def save_dir(self) -> Path:
        """Where its runs are."""
        return self.directory.parent

    @property
    def configs(self) -> dict[tuple[str, int], TrainConfig]:
        """The settings of each run, in their order."""
        return configs_of(self.base, self.networks, self.seeds)

    def run_name(self, network: str, seed: int) -> str:
        return f"{self.name}-{network}-{seed}"

    @classmethod
    def make(
        cls,
        save_dir: str | os.PathLike[str],
        base: TrainConfig,
        networks: Sequence[str],
        seeds: Sequence[int],
        data: DataRecord,
        name: str | None = None,
        edits_of: NameTable | None = None,
    ) -> Experiment:
        """A new one, or that of the same name, if it compares the same.

        :param name: None for one that follows from all that is compared.
        :param data: the record of the file that is trained on, as `protocol.file_record` makes it.
        :param edits_of: its table, whose edits are kept.
        :raises ConfigError: if there are no such networks or seeds.
        :raises RunError: if another is there by that name, or it can't be written.
        """
        configs_of(base, networks, seeds)
        edits = edits_record(edits_of) if edits_of is not None else None
        wanted = (
            check_name(name)
            if name is not None
            else name_of(base, networks, seeds, data.sha256 + (edits.sha256 if edits else ""))
        )
        made = cls(
            directory=Path(save_dir) / wanted,
            base=base,
            networks=tuple(networks),
            seeds=tuple(seeds),
            data=data,
            edits=edits,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )
        if os.path.lexists(made.directory / EXPERIMENT):
            before = cls.open(made.directory)
            if before._compares != made._compares:
                raise RunError(
                    _(
                        "{directory}: a comparison of that name is there already, of other networks, "
                        "seeds, settings or data: give it another name"
                    ).format(directory=made.directory)
                )
            return before
        try:
            made.save_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                _("{save_dir}: could not be made: {reason}").format(
                    save_dir=made.save_dir, reason=reason_of(error)
                )
            ) from error
        make_directory(made.directory)
        if edits_of is not None:
            keep_edits(made.directory, edits_of)
        write_json(made.directory / EXPERIMENT, made.to_json())
        return made

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Experiment:
        """One that exists.

        :raises RunError: if it does not, or what stands there is none.
        """
        place = Path(directory)
        if not os.path.lexists(place / EXPERIMENT):
            raise RunError(
                _(
                    "{place}: expected the directory of a comparison with {experiment} in it, found none"
                ).format(place=place, experiment=EXPERIMENT)
            )
        values = read_json(place / EXPERIMENT)
        try:
            if values["format"] != _FORMAT:
                raise ValueError(
                    _("expected the format {format}, found {found}").format(
                        format=_FORMAT, found=shown(values["format"])
                    )
                )
            networks, seeds = tuple(values["networks"]), tuple(values["seeds"])
            if any(type(seed) is not int for seed in seeds):
                raise TypeError(
                    _("expected whole numbers as seeds, found {seeds}").format(seeds=shown(seeds))
                )
            found = cls(
                directory=place,
                base=TrainConfig.from_json(values["base"]),
                networks=networks,
                seeds=seeds,
                data=DataRecord.from_json(values["data"]),
                edits=EditsRecord.from_json(edits) if (edits := values.get("edits")) is not None else None,
                created=str(values["created"]),
            )
            configs_of(found.base, networks, seeds)
        except (KeyError, TypeError, ValueError, AttributeError, ConfigError, RunError) as error:
            raise RunError(
                _("{place}: expected what is compared: {error}").format(place=place / EXPERIMENT, error=error)
            ) from error
        return found.looked_at_again()

    def looked_at_again(self) -> Experiment:
        """The same with what is measured by now.

        :raises RunError: if it can't be read.
        """
        measured, result = self.directory / MEASURED, self.directory / COMPARISON
        return replace(
            self,
            measured=runs_from_json(read_json(measured)) if os.path.lexists(measured) else (),
            result=Comparison.from_json(read_json(result)) if os.path.lexists(result) else None,
        )

    def with_run(self, run: ComparedRun) -> Experiment:
        """With one run more, written down."""
        others = tuple(each for each in self.measured if (each.network, each.seed) != (run.network, run.seed))
        found = replace(self, measured=(*others, run))
        write_json(self.directory / MEASURED, runs_to_json(found.measured))
        return found

    def to_json(self) -> dict[str, Any]:
        """What is compared."""
        return {
            "format": _FORMAT,
            "created": self.created,
            "networks": list(self.networks),
            "seeds": list(self.seeds),
            "data": {**self.data.to_json(), "path": None if self.data.path is None else str(self.data.path)},
            "edits": dataclasses.asdict(self.edits) if self.edits else None,
            "base": self.base.to_json(),
        }

    @property
    def _compares(self) -> object:
        return self.networks, self.seeds, self.base, self.data.sha256, self.edits and self.edits.sha256


def configs_of(
    base: TrainConfig, networks: Sequence[str], seeds: Sequence[int]
) -> dict[tuple[str, int], TrainConfig]:
    """The settings of each training, by network and seed.

    :raises ConfigError: if there are no such networks or seeds, or the settings can't be compared.
    """
    for what, values, most in (("networks", networks, MOST_NETWORKS), ("seeds", seeds, MOST_SEEDS)):
        if not 1 <= len(values) <= most or len(set(values)) != len(values):
            raise ConfigError(
                _("expected 1 to {most} {what} to compare, each once, found {values}").format(
                    most=most, what=what, values=shown(list(values))
                )
            )
    if base.init_from or base.refit:
        raise ConfigError(
            _("networks are compared without a model to start from, and without a refit: leave them out")
        )
    return {
        (network, seed): base.changed({"network": network, "seed": seed, "split_seed": base.split_by})
        for network in networks
        for seed in seeds
    }


def name_of(base: TrainConfig, networks: Sequence[str], seeds: Sequence[int], sha256: str) -> str:
    """A name that follows from all that is compared.

    :param sha256: of the file that is trained on, and of its edits.
    """
    told = json.dumps([base.to_json(), list(networks), list(seeds), sha256], sort_keys=True)
    return f"compare-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def list_experiments(save_dir: str | os.PathLike[str]) -> list[Experiment]:
    """The comparisons in a directory that can be read, newest first."""
    found = []
    try:
        places = [entry for entry in Path(save_dir).iterdir() if os.path.lexists(entry / EXPERIMENT)]
    except OSError:
        return []
    for place in places:
        try:
            found.append(Experiment.open(place))
        except RunError:
            continue
    return sorted(found, key=lambda each: (each.created, each.name), reverse=True)
