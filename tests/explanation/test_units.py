"""Units: the area under the curve by comparing every pair, and no name measured on that was searched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from namecls.config import ModelConfig
from namecls.errors import ConfigError, DataError
from namecls.explanation import units as module
from namecls.explanation.fresh import fresh_predictor
from namecls.explanation.represented import Rows, learned_and_held_out, represented, unit_titles
from namecls.explanation.units import area_under_curve, moving_names, separating_units
from namecls.inference.prediction import Predictor
from namecls.runs.run import Run


def by_pairs(values: np.ndarray, positive: np.ndarray) -> float:
    """Every positive against every other: higher counts one, the same half."""
    pairs = values[positive][:, None] - values[~positive][None]
    return float(np.mean((pairs > 0) + 0.5 * (pairs == 0)))


def test_the_area_is_that_of_all_pairs_with_ties() -> None:
    random = np.random.default_rng(0)
    values = random.integers(0, 4, (90, 6)) / 4  # as after a ReLU: many are the same
    values[:, 0] = 0
    positive = random.random(90) < 0.3
    found = area_under_curve(values, positive)
    assert found.tolist() == pytest.approx([by_pairs(values[:, at], positive) for at in range(6)])
    assert found[0] == 0.5


def test_the_area_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    values = np.round(random.normal(size=(300, 8)), 1).clip(0)
    positive = random.random(300) < 0.2
    found = area_under_curve(values, positive)
    assert found.tolist() == pytest.approx([roc_auc_score(positive, column) for column in values.T])


@pytest.fixture(scope="module")
def model(trained_run: Path) -> tuple[Predictor, Rows, Rows]:
    predictor = Predictor.load(trained_run)
    return predictor, *learned_and_held_out(Run.open(trained_run), predictor.vocabulary)


def values_of(predictor: Predictor, rows: Rows) -> np.ndarray:
    """One by one, at the door of the linear layer."""
    part = predictor.model.parts[0]
    found = []
    with torch.no_grad():
        for name in rows.names:
            ids = torch.tensor([predictor.vocabulary.encode(name)])
            _, last = part.encode(ids, torch.tensor([ids.shape[1]]))
            found.append(last[0].numpy())
    return np.stack(found)


@pytest.mark.parametrize(("label", "ending"), [("Polish", None), (None, "vili")])
def test_the_units_are_the_best_of_all_and_measured_on_others(
    model: tuple[Predictor, Rows, Rows],
    label: str | None,
    ending: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    predictor, learned, held_out = model
    monkeypatch.setattr(module, "FEWEST", 2)
    found = separating_units(predictor, learned, held_out, label=label, ending=ending, name="Boryan")
    areas = []
    for rows in (learned, held_out):
        mine = (
            rows.labels == predictor.labels.index(label)
            if label
            else np.array([name.endswith("vili") for name in rows.names])
        )
        values = values_of(predictor, rows)
        areas.append([roc_auc_score(mine, values[:, unit]) for unit in range(values.shape[1])])
    apart = np.abs(np.array(areas[0]) - 0.5)
    assert [abs(unit.searched - 0.5) for unit in found.units] == pytest.approx(
        sorted(apart, reverse=True)[:5]
    )
    (here,) = values_of(predictor, Rows(["Boryan"], np.zeros(1, np.int64)))
    for unit in found.units:
        high = areas[0][unit.number] >= 0.5
        assert unit.is_high == high
        assert unit.searched == pytest.approx(max(areas[0][unit.number], 1 - areas[0][unit.number]))
        assert unit.held_out == pytest.approx(areas[1][unit.number] if high else 1 - areas[1][unit.number])
        assert unit.checked is None
        assert unit.value == pytest.approx(here[unit.number], abs=1e-5)
        assert unit.title == unit_titles(predictor.model.config)[unit.number]


def test_no_name_is_measured_on_that_was_searched(
    model: tuple[Predictor, Rows, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor, learned, held_out = model
    monkeypatch.setattr(module, "FEWEST", 2)
    plain = separating_units(predictor, learned, held_out, label="Polish")
    both = separating_units(predictor, learned, held_out.with_rows(learned), label="Polish")
    assert both == plain
    nothing = separating_units(predictor, learned, learned, label="Polish")
    assert {unit.held_out for unit in nothing.units} == {None}
    assert nothing.names[1:] == nothing.others[1:] == (0, 0)


def test_another_file_is_a_check(
    model: tuple[Predictor, Rows, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor, learned, held_out = model
    monkeypatch.setattr(module, "FEWEST", 2)
    mixed = Rows(held_out.names, held_out.labels[::-1].copy())
    found = separating_units(predictor, learned, held_out, label="Polish", check=mixed)
    values = values_of(predictor, mixed)
    for unit in found.units:
        area = by_pairs(values[:, unit.number], mixed.labels == predictor.labels.index("Polish"))
        assert unit.checked == pytest.approx(area if unit.is_high else 1 - area)


def test_the_names_that_move_a_unit_most(model: tuple[Predictor, Rows, Rows]) -> None:
    predictor, learned, held_out = model
    found = moving_names(predictor, learned, 3, k=4)
    units = separating_units(predictor, learned, held_out, label="Polish", k=100, names_each=4)
    assert found in units.moved
    assert [each.number for each in units.moved] == [each.number for each in units.units]
    values = represented(predictor.model, learned.dataset(predictor.vocabulary))[:, 3].numpy()
    ranked = np.sort(values)
    assert [each.value for each in found.highest] == ranked[::-1][:4].tolist()
    assert [each.value for each in found.lowest] == ranked[:4].tolist()
    for each in (*found.highest, *found.lowest):
        at = learned.names.index(each.name)
        assert each.value == values[at]
        assert each.label == predictor.labels[learned.labels[at]]


def test_what_can_not_be_searched_is_an_error(model: tuple[Predictor, Rows, Rows]) -> None:
    predictor, learned, held_out = model
    for asked in ({}, {"label": "Polish", "ending": "ski"}, {"label": "Klingon"}):
        with pytest.raises(ConfigError):
            separating_units(predictor, learned, held_out, **asked)
    for ending in ("qqq", "\x1b[2J", ""):
        with pytest.raises(DataError, match="to search on"):
            separating_units(predictor, learned, held_out, ending=ending)
    for unit in (-1, 16):
        with pytest.raises(ConfigError, match="expected a unit"):
            moving_names(predictor, learned, unit)
    with pytest.raises(DataError, match="found none"):
        moving_names(predictor, Rows([], np.empty(0, np.int64)), 0)


def test_units_of_parts_and_members_are_counted_through() -> None:
    config = ModelConfig(network="gru+ngram,cnn", hidden_size=4, filters=3, ngram_size=5, buckets=512)
    predictor = fresh_predictor(config, ["a", "b"])
    rows = Rows([f"{a}o{b}a" for a in "bcdfg" for b in "klmnp"], np.arange(25) % 2)
    found = separating_units(predictor, rows, rows, label="a", k=100)
    titles = unit_titles(config)
    assert sorted(unit.number for unit in found.units) == list(range(len(titles)))
    assert all(unit.title == titles[unit.number] for unit in found.units)
