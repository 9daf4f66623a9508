"""What counts of other labels tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from namecls.calibration.carried import CarriedCounts
from namecls.calibration.carrying import learn_carried, with_gain
from namecls.calibration.counts import NameCounts
from namecls.errors import ModelFileError

#: Names that were counted under three labels; ours are two, of which the second has the names of two of them.
THEIRS = ("Korean", "Polish", "Czech")
NAMES = [f"{letter}{ending}" for letter in "abcdefghijkl" for ending in ("eon", "owski", "ova")]
TARGET = torch.tensor([0, 1, 1]).repeat(12)


def theirs() -> NameCounts:
    ids = torch.tensor([0, 1, 2]).repeat(12)
    return NameCounts.of_rows(NAMES, ids, torch.full((36,), 5.0), priors=torch.ones(3))


def learned(gain: float = 1.0) -> CarriedCounts:
    found = learn_carried(theirs(), THEIRS, NAMES, TARGET, 2)
    assert found is not None
    return replace(found, gain=gain)


def test_counts_of_other_labels_tell_of_ours() -> None:
    logits = learned().logits(["aeon", "BOWSKI", "cova", "never"])
    assert logits.argmax(1)[:3].tolist() == [0, 1, 1]
    assert not bool(logits[3].any())
    shares = torch.tensor([1 / 3, 2 / 3]).log()
    assert (logits[:3] + shares).softmax(1).max(1).values.min() > 0.8
    assert torch.allclose(learned(0.5).logits(["aeon"]), 0.5 * learned().logits(["aeon"]))


def test_names_that_nobody_counted_teach_nothing() -> None:
    assert learn_carried(theirs(), THEIRS, ["xa", "yb"], torch.tensor([0, 1]), 2) is None


def test_it_is_fitted_how_much_they_count_beside_the_network() -> None:
    carried, target = learned(), TARGET
    added = carried.unweighed(NAMES)
    blind = torch.zeros(36, 2)
    assert with_gain(carried, blind, added, target).gain > 0
    assert with_gain(carried, blind, added, 1 - target).gain == 0  # they say the opposite of what is true
    assert with_gain(carried, blind, torch.zeros(36, 2), target).gain == 0


def test_what_does_not_fit_the_labels_is_refused() -> None:
    good = learned().to_tensors()
    again = CarriedCounts.from_tensors(good, THEIRS, 2)
    assert torch.equal(again.logits(NAMES), learned().logits(NAMES))
    wrong = {
        "evidence": good["evidence"].T.contiguous(),
        "offsets": good["offsets"] * torch.nan,
        "gain": good["gain"] + 100,
        "labels": good["labels"] + 9,
        "evidence 1": good["evidence"] * 1e30,
        "gain 1": good["gain"] * torch.nan,
    }
    for name, value in wrong.items():
        with pytest.raises(ModelFileError):
            CarriedCounts.from_tensors({**good, name.partition(" ")[0]: value}, THEIRS, 2)
    with pytest.raises(ModelFileError):
        CarriedCounts.from_tensors(good, THEIRS, 3)
