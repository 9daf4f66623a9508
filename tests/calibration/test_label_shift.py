"""The posterior under a stated population: by hand, and on made-up people whose population is known."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from namecls.calibration.conformal import GRID, fit_sets, places, quantile, weighted_quantiles
from namecls.calibration.label_shift import label_weights, odds, restated
from namecls.calibration.metrics import calibration_error_by_chance, expected_calibration_error
from namecls.calibration.population import Learned, Population, stated
from namecls.errors import ConfigError, DataError, ModelFileError
from namecls.guarantees import METHODS

LABELS = ("Danish", "Polish", "Thai")
MEANS = torch.tensor([-1.0, 0.0, 1.5])


def people(shares: tuple[float, ...], rows: int, seed: int) -> tuple[Tensor, Tensor]:
    """What is seen of people of a population, and their labels."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.multinomial(torch.tensor(shares), rows, replacement=True, generator=generator)
    return MEANS[target] + torch.randn(rows, generator=generator), target


def posterior(seen: Tensor, shares: tuple[float, ...]) -> Tensor:
    """What can be said of their labels by who knows the population."""
    return (-((seen[:, None] - MEANS) ** 2) / 2 + torch.tensor(shares).log()).softmax(1)


def test_the_posterior_is_that_of_bayes_rule() -> None:
    ratio = odds(Population("new", (0.25, 0.25, 0.5)), Population("old", (0.5, 0.25, 0.25)))
    found = restated(torch.tensor([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]]), ratio)
    assert torch.allclose(found[0], torch.tensor([0.25, 0.3, 0.4]) / 0.95)
    assert found[1].tolist() == [1.0, 0.0, 0.0]


def test_the_same_population_changes_nothing_bit_for_bit() -> None:
    assert odds(Population.uniform(3), Learned((38.0, 38.0, 38.0)).population) is None
    probabilities = torch.rand(3, 3)
    assert restated(probabilities, None) is probabilities


def test_probabilities_are_calibrated_in_the_stated_population() -> None:
    old, new = (0.7, 0.25, 0.05), (0.1, 0.3, 0.6)
    seen, target = people(new, 20_000, 0)
    before = posterior(seen, old)
    after = restated(before, odds(Population("new", new), Population("old", old)))
    assert torch.allclose(after, posterior(seen, new), atol=1e-5)
    _, high = calibration_error_by_chance(after)
    assert expected_calibration_error(after, target) <= high
    assert expected_calibration_error(before, target) > 5 * high


def test_sets_hold_what_they_state_in_the_stated_population() -> None:
    old, new = (0.7, 0.25, 0.05), (0.1, 0.3, 0.6)
    population = Population("new", new)
    found: dict[str, list[float]] = {method: [] for method in METHODS}
    unweighted = []
    for seed in range(40):
        seen, target = people(old, 500, seed)
        sets, naive = (
            fit_sets(
                restated(posterior(seen, old), odds(population, Population("old", old))), target, weights
            )
            for weights in (label_weights(population, target), None)
        )
        seen, target = people(new, 1000, 1000 + seed)
        probabilities = posterior(seen, new)
        ranked = probabilities.sort(dim=1, descending=True).values
        place = places(probabilities, target)
        for method in METHODS:
            held = place < sets.sizes(ranked, 0.9, method)
            found[method].append(float(held.double().mean()))
        unweighted.append(float((place < naive.sizes(ranked, 0.9, "lac")).double().mean()))
    for method, shares in found.items():
        assert sum(shares) / len(shares) == pytest.approx(0.92, abs=0.03), method
    assert abs(sum(unweighted) / len(unweighted) - 0.9) > abs(sum(found["lac"]) / len(found["lac"]) - 0.9)


def test_rows_of_one_weight_have_the_usual_quantiles() -> None:
    rising = torch.rand(73).sort().values
    assert weighted_quantiles(rising, torch.ones(73), 1.0, 9.0) == [quantile(rising, c, 9.0) for c in GRID]


def test_a_file_states_shares_of_any_sum(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("\ufeffThai\t6e6\r\n\nPolish\t3000000\r\nDanish\t1000000", encoding="utf-8")
    population = stated(str(path), LABELS)
    assert population is not None
    assert (population.name, population.shares) == ("mine.tsv", pytest.approx((0.1, 0.3, 0.6)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Thai\t1\nPolish\t2\n", r"mine.tsv: has no line for 'Danish': add one"),
        ("Thai\t1\n", r"has no line for 'Danish' and 1 more labels of the model"),
        (
            "Danish\t1\nPolish\t1\nThai\t1\nKlingon\t1\n",
            r"line 4: 'Klingon' is no label of the model.*leave the line out",
        ),
        ("Danish\t1\nPolish\t0\nThai\t1\n", r"line 2: a share must be a number above 0, was: '0'"),
        ("Danish\t1\nPolish\tnan\nThai\t1\n", r"line 2: a share must be a number above 0"),
        ("Danish\t1\nPolish\tmany\nThai\t1\n", r"line 2: a share must be a number above 0, was: 'many'"),
        (
            "Danish\t1\nPolish 1\nThai\t1\n",
            r"line 2: expected a label, a tab and its share, found 'Polish 1'",
        ),
        ("Danish\t1\nDanish\t1\n", r"line 2: 'Danish' stands in line 1 already"),
        ("\n \n", "found nothing"),
    ],
)
def test_a_file_that_states_no_population_is_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        Population.read(path, LABELS)


def test_a_word_that_is_no_file_is_told_with_the_words_there_are() -> None:
    with pytest.raises(
        DataError, match=r"expected data, uniform or a file, found 'unform', which is no file"
    ):
        stated("unform", LABELS)
    with pytest.raises(DataError, match="there is no such file"):
        stated("nowhere.tsv", LABELS)
    with pytest.raises(ConfigError, match="must have 3 shares, had 2"):
        stated(Population.uniform(2), LABELS)


def test_a_power_of_the_rows_is_told_in_the_name() -> None:
    assert Learned((1, 4)).population == Population("training rows", (0.2, 0.8))
    assert Learned((1, 4), 0.5).population == Population("training rows^0.5", pytest.approx((1 / 3, 2 / 3)))
    assert Learned((1, 4), 0.0).population == Population("uniform", (0.5, 0.5))
    assert Learned((1.0, 4.0)).population == Population("weighted training rows", (0.2, 0.8))


@pytest.mark.parametrize(
    "values",
    [[], {"rows": [1]}, {"rows": [0], "power": 1}, {"rows": [1], "power": "1"}, {"rows": [True], "power": 1}],
)
def test_what_was_learned_is_read_strictly(values: object) -> None:
    with pytest.raises(ModelFileError):
        Learned.from_json(values)
