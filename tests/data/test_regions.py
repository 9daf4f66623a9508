"""Regions of labels, and answers by region."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from namecls import paths
from namecls.calibration.region_sums import RegionSums, answered_by_region
from namecls.calibration.regional import measure_regions
from namecls.data.by_label import read_by_label
from namecls.data.regions import Regions, region_words
from namecls.data.table import load_dataset
from namecls.errors import DataError
from namecls.inference.evaluation import evaluate, figures
from namecls.inference.prediction import Predictor
from namecls.language import ENGLISH, set_language
from tests.library import small_table

LABELS = ("Czech", "Polish", "Russian", "Thai")
FILE = "Polish\tWest Slavic\tSlavic\nCzech\tWest Slavic\tSlavic\nThai\tAsian\nRussian\tEast Slavic\tSlavic\nX\tY\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "mine.tsv"
    made.write_text(FILE)
    return made


@pytest.fixture
def regions(path: Path) -> Regions:
    return Regions.read(path, LABELS)


def test_a_file_tells_the_regions_of_the_labels_of_a_model(regions: Regions) -> None:
    def of(level: tuple[int, ...]) -> list[str]:
        return [regions.names[place] for place in level]

    assert of(regions.region) == ["West Slavic", "West Slavic", "East Slavic", "Asian"]
    assert of(regions.larger) == ["Slavic", "Slavic", "Slavic", "Asian"]


def test_the_shipped_regions_have_every_label_of_the_dataset() -> None:
    labels = load_dataset().labels
    found = Regions.shipped(labels)
    assert found is not None
    assert len(set(found.region)) < len(labels) / 2
    assert len(set(found.larger)) < len(set(found.region))
    said = read_by_label(paths.packaged_regions(), most=2, what="its region")
    levels = [(cells[0], cells[-1]) for _, cells in said.values()]
    assert not {small for small, large in levels if small != large} & {large for _, large in levels}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Czech\ta\nPolish\ta\nRussian\ta\n", r"mine.tsv: has no line for 'Thai': add one"),
        (
            "Czech\ta\tb\nPolish\ta\tc\nRussian\ta\tb\nThai\ta\tb\n",
            r"line 2: 'a' lies in 'c', but in line 1 in 'b'",
        ),
        ("Czech\n", r"line 1: expected a label, a tab and its region, found 'Czech'"),
        ("Czech\ta\tb\tc\n", r"line 1: expected a label, a tab and its region"),
    ],
)
def test_a_file_that_tells_no_regions_is_refused(path: Path, content: str, says: str) -> None:
    path.write_text(content)
    with pytest.raises(DataError, match=says):
        Regions.read(path, LABELS)


def test_the_answer_is_the_smallest_region_that_is_sure_enough(regions: Regions) -> None:
    sums = RegionSums(regions)
    found, shares = sums.answer(
        torch.tensor(
            [[0.6, 0.35, 0.04, 0.01], [0.5, 0.1, 0.34, 0.06], [0.1, 0.1, 0.1, 0.7], [0.0, 0.0, 0.0, 1.0]]
        )
    )
    assert [regions.names[place] for place in found.tolist()] == ["West Slavic", "Slavic", "Asian", "Asian"]
    assert shares.tolist() == pytest.approx([0.95, 0.94, 0.7, 1.0])
    assert sums.hold(found, torch.tensor([1, 2, 0, 3])).tolist() == [True, True, False, True]


def test_names_of_several_likely_labels_are_answered_by_region() -> None:
    sizes, first = torch.tensor([1, 2, 0, 0]), torch.tensor([0.5, 0.95, 0.5, 0.95])
    assert answered_by_region(sizes, first).tolist() == [False, True, True, False]


def test_mistakes_within_a_region_are_counted(regions: Regions) -> None:
    probabilities = torch.eye(4)[torch.tensor([0, 0, 0, 3, 3])] * 0.84 + 0.04
    found = measure_regions(
        probabilities, torch.tensor([0, 1, 2, 3, 0]), torch.tensor([2, 2, 2, 1, 2]), regions, torch.arange(5)
    )
    assert (found.rows, found.mistakes) == (4, 3)
    assert (found.within, found.within_larger) == pytest.approx((1 / 3, 2 / 3))
    assert found.found == 0.5  # a Russian is taken for West Slavic, a Czech for Asian
    assert found.stated == pytest.approx((3 * 0.92 + 0.88) / 4)
    assert found.ece == pytest.approx(found.stated - found.found)  # all in one bin


def test_answers_by_region_are_as_calibrated_as_the_labels(regions: Regions) -> None:
    generator = torch.Generator().manual_seed(0)
    probabilities = (2 * torch.randn(8000, 4, generator=generator)).softmax(1)
    target = torch.multinomial(probabilities, 1, generator=generator)[:, 0]
    found = measure_regions(probabilities, target, torch.full((8000,), 2), regions, torch.arange(8000))
    assert found.rows == 8000
    assert found.ece <= 2 * found.ece_by_chance
    assert found.stated == pytest.approx(found.found, abs=0.02)


def test_a_predictor_answers_by_region(trained_run: Path, tmp_path: Path) -> None:
    predictor = Predictor.load(trained_run)
    assert predictor.regions is not None
    sure, nothing = predictor.predict(["Karyan", "1"])
    assert (len(sure.likely), sure.region, nothing.region) == (1, None, None)
    assert predictor.predict("Tomu", coverage=0.99).region is not None
    own = tmp_path / "mine.tsv"
    own.write_text("Armenian\tone\nGeorgian\ttwo\nPolish\tone\n")
    again = predictor.with_regions(own).predict("Tomu", k=None, coverage=0.99)
    shares = {ranked.label: ranked.probability for ranked in again.ranked}
    assert again.region is not None
    expected = {"one": shares["Armenian"] + shares["Polish"], "two": shares["Georgian"]}
    assert again.region.probability == pytest.approx(max(expected.values()), abs=1e-6)
    assert again.to_json()["region"] == {
        "region": max(expected, key=lambda name: expected[name]),
        "probability": again.region.probability,
    }


def test_an_evaluation_tells_regions_where_there_are_any(trained_run: Path) -> None:
    predictor, table = Predictor.load(trained_run), small_table()
    metrics, regional = figures(predictor, table)
    assert regional is not None
    assert metrics == evaluate(predictor, table)
    assert figures(replace(predictor, regions=None), table)[1] is None


def test_the_shipped_regions_are_all_called_in_the_language_of_the_moment() -> None:
    regions = Regions.shipped(load_dataset().labels)
    assert regions is not None
    set_language("zh_CN")
    try:
        assert [name for name in regions.names if region_words(name).isascii()] == []
        assert region_words("Mine") == "Mine"
    finally:
        set_language(ENGLISH)
