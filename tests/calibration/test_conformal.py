"""Prediction sets hold what they state, for any network, on rows that are like those they were fitted to."""

import math
from collections import defaultdict
from itertools import product

import pytest
import torch

from namecls.calibration.conformal import (
    GRID,
    ConformalSets,
    fit_sets,
    highest_score,
    places,
    quantile,
    scores,
)
from namecls.errors import ConfigError, ModelFileError
from namecls.guarantees import COVERAGES, METHODS
from tests.exchangeable import drawn

FITTED, TESTED, REPEATS = 199, 400, 150


@pytest.mark.parametrize("sharpness", [0.6, 2.5])
def test_coverage_is_what_is_stated_over_many_draws(sharpness: float) -> None:
    found: dict[tuple[str, float], list[float]] = defaultdict(list)
    accuracies = []
    for seed in range(REPEATS):
        logits, target = drawn(FITTED + TESTED, seed, sharpness)
        probabilities = logits.softmax(1)
        sets = fit_sets(probabilities[:FITTED], target[:FITTED])
        ranked = probabilities[FITTED:].sort(dim=1, descending=True).values
        place = places(probabilities[FITTED:], target[FITTED:])
        accuracies.append(float((place == 0).double().mean()))
        for method, coverage in product(METHODS, COVERAGES):
            held = place < sets.sizes(ranked, coverage, method)
            found[method, coverage].append(float(held.double().mean()))
    accuracy = sum(accuracies) / REPEATS
    for (method, coverage), shares in found.items():
        # In the mean the coverage of split conformal sets is from the stated one to 1 / (rows + 1) above it. That of
        # one draw is spread as a Beta distribution over the fitted rows and as a binomial one over the tested.
        spread = math.sqrt(coverage * (1 - coverage) * (1 / (FITTED + 2) + 1 / TESTED))
        tolerance = 4 * spread / math.sqrt(REPEATS)
        mean = sum(shares) / REPEATS
        assert mean >= coverage - tolerance, method
        if coverage > accuracy + 0.02:  # below, each first label alone covers more than is stated
            assert mean <= coverage + 1 / (FITTED + 1) + tolerance, method
            assert min(shares) >= coverage - 5 * spread, method
            assert max(shares) <= coverage + 5 * spread, method


@pytest.mark.parametrize("method", METHODS)
def test_a_set_is_the_beginning_of_the_ranking_and_grows_with_the_coverage(method: str) -> None:
    logits, target = drawn(500, 0, 1.5)
    sets = fit_sets(logits.softmax(1), target)
    ranked = drawn(300, 1, 1.5)[0].softmax(1).sort(dim=1, descending=True).values
    sizes = torch.stack([sets.sizes(ranked, coverage, method) for coverage in GRID])
    assert int(sizes.min()) >= 1
    assert int(sizes.max()) <= ranked.shape[1]
    assert bool((sizes.diff(dim=0) >= 0).all())
    assert bool((scores(ranked, method).diff(dim=1) >= -1e-6).all())


def test_a_coverage_between_two_is_rounded_up_and_beyond_the_last_takes_every_label() -> None:
    sets = ConformalSets((0.8, 0.9), {"aps": (0.3, 0.7)})
    ranked = torch.tensor([[0.5, 0.3, 0.15, 0.05]])
    assert [int(sets.sizes(ranked, c)) for c in (0.5, 0.8, 0.805, 0.9, 0.91)] == [1, 1, 2, 2, 4]


def test_scores_follow_their_definitions() -> None:
    ranked = torch.tensor([[0.4, 0.2, 0.1, 0.1, 0.08, 0.07, 0.05]])
    assert scores(ranked, "lac")[0].tolist() == pytest.approx([0.6, 0.8, 0.9, 0.9, 0.92, 0.93, 0.95])
    before = [0.0, 0.4, 0.6, 0.7, 0.8, 0.88, 0.95]
    assert scores(ranked, "aps")[0].tolist() == pytest.approx(before)
    assert scores(ranked, "raps")[0].tolist() == pytest.approx([*before[:5], 0.89, 0.97])


def test_equal_probabilities_cover_no_more_than_they_claim() -> None:
    probabilities = torch.full((4_000, 5), 0.2)
    torch.manual_seed(0)
    target = torch.randint(5, (4_000,))
    sets = fit_sets(probabilities[:2_000], target[:2_000])
    for method in ("aps", "raps"):
        sizes = sets.sizes(probabilities[2_000:], 0.8, method)
        assert set(sizes.tolist()) <= {4, 5}
    assert places(probabilities[:3], torch.tensor([0, 2, 4])).tolist() == [0, 2, 4]
    assert set(sets.sizes(probabilities[2_000:], 0.8, "lac").tolist()) == {5}


@pytest.mark.parametrize("method", METHODS)
def test_the_last_bits_of_a_probability_do_not_change_a_set(method: str) -> None:
    ranked = torch.tensor([[0.5, 0.3, 0.2]])
    score = float(scores(ranked, method)[0, 1])
    for below, size in (
        (0.0, 2),
        (5e-7, 2),
        (2e-6, 1),
    ):  # rounding to six decimals, too, may move a threshold so far
        sets = ConformalSets((0.8,), {method: (score - below,)})
        assert sets.sizes(ranked, 0.8, method).tolist() == [size], below


@pytest.mark.parametrize("method", METHODS)
def test_too_few_rows_for_a_coverage_take_every_label(method: str) -> None:
    logits, target = drawn(5, 0, 1.0, labels=30)
    sets = fit_sets(logits.softmax(1), target)
    ranked = drawn(50, 1, 1.0, labels=30)[0].softmax(1).sort(dim=1, descending=True).values
    assert set(sets.sizes(ranked, 0.9, method).tolist()) == {30}
    assert sets.thresholds[method][-1] == highest_score(method, 30)


def test_the_quantile_counts_one_row_more_than_there_are() -> None:
    rising = torch.arange(1, 10) / 10
    assert quantile(rising, 0.9, 1.0) == pytest.approx(0.9)
    assert quantile(rising, 0.91, 1.0) == 1.0
    assert quantile(rising, 0.5, 1.0) == pytest.approx(0.5)


def test_a_kind_that_was_not_fitted_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no sets of the kind raps, only: aps"):
        ConformalSets((0.9,), {"aps": (0.5,)}).sizes(torch.tensor([[0.6, 0.4]]), 0.9, "raps")


@pytest.mark.parametrize(
    ("coverages", "thresholds"),
    [
        ((), {"aps": ()}),
        ((0.9, 0.8), {"aps": (0.1, 0.2)}),
        ((0.0, 0.9), {"aps": (0.1, 0.2)}),
        ((0.9, 1.0), {"aps": (0.1, 0.2)}),
        ((0.9,), {}),
        ((0.9,), {"apps": (0.5,)}),
        ((0.9,), {"aps": (0.5, 0.6)}),
        ((0.9,), {"aps": (1.5,)}),
        ((0.9,), {"lac": (-0.1,)}),
        ((0.8, 0.9), {"aps": (0.6, 0.5)}),
        ((0.9,), {"aps": (math.nan,)}),
        ((0.9,), {"raps": (math.inf,)}),
    ],
)
def test_what_are_no_thresholds_is_refused(
    coverages: tuple[float, ...], thresholds: dict[str, tuple[float, ...]]
) -> None:
    with pytest.raises(ModelFileError):
        ConformalSets(coverages, thresholds)


def test_a_kind_of_sets_that_is_unknown_is_refused() -> None:
    values = ConformalSets((0.9,), {"aps": (0.5,), "lac": (0.4,)}).to_json()
    assert ConformalSets.from_json(values).to_json() == values
    values["apt"] = values.pop("aps")
    with pytest.raises(ModelFileError, match="found 'apt'"):
        ConformalSets.from_json(values)
