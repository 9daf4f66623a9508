"""The model over time: what the network answered after each epoch whose checkpoint was kept (`--keep-checkpoints`).

Each checkpoint is a model of its own: belief, walk and all other views of it are those of `at_epoch`.
"""

from __future__ import annotations

import os
import re

import torch

from namecls.errors import RunError
from namecls.explanation.letters import read_letters
from namecls.explanation.steps import OverTime
from namecls.inference.prediction import Predictor
from namecls.language import _
from namecls.runs.run import CHECKPOINTS, WEIGHTS, Run

_EPOCH = re.compile(r"epoch-([0-9]{3,6})")


def kept_epochs(run: Run) -> tuple[int, ...]:
    """The epochs whose checkpoints were kept, in their order; none if they were not kept."""
    place = run.directory / CHECKPOINTS
    if os.path.islink(place):  # noqa: PTH114 - never raises; it may lead anywhere
        return ()
    try:
        with os.scandir(place) as entries:
            found = [
                int(match[1])
                for entry in entries
                if (match := _EPOCH.fullmatch(entry.name))
                and entry.is_dir(follow_symlinks=False)
                and os.path.lexists(f"{entry.path}/{WEIGHTS}")
            ]
    except OSError:
        return ()
    return tuple(sorted(found))


def at_epoch(run: Run, epoch: int) -> Predictor:
    """The model as it was after an epoch.

    :raises RunError: if its checkpoint was not kept.
    :raises ModelFileError: if it is damaged.
    """
    if epoch not in kept_epochs(run):
        raise RunError(
            _(
                "{directory}: the checkpoint of epoch {epoch} was not kept; to keep them: namecls train "
                "--keep-checkpoints"
            ).format(directory=run.directory, epoch=epoch)
        )
    return Predictor.load(run.directory / CHECKPOINTS / f"epoch-{epoch:03}")


def over_time(run: Run, name: str, k: int = 5) -> OverTime:
    """How the answer for a name came to be, epoch by epoch.

    :param k: how many labels.
    :raises DataError: if the name has no letters, or too many.
    :raises RunError: if no checkpoint was kept.
    :raises ModelFileError: if one is damaged.
    """
    epochs = kept_epochs(run)
    if not epochs:
        raise RunError(
            _("{directory}: no checkpoint was kept; to keep them: namecls train --keep-checkpoints").format(
                directory=run.directory
            )
        )
    found: list[torch.Tensor] = []
    labels: tuple[str, ...] = ()
    for epoch in epochs:
        predictor = at_epoch(run, epoch)
        found.append(predictor.network_probabilities([read_letters(predictor, name).read])[0])
        labels = predictor.labels
    best = found[-1].topk(min(max(k, 1), len(labels))).indices
    return OverTime(
        name=name,
        epochs=epochs,
        labels=tuple(labels[at] for at in best.tolist()),
        probabilities=tuple(map(tuple, torch.stack(found)[:, best].t().tolist())),
    )
