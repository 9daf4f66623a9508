"""Neighbours against brute force over the network's own vectors, and an index from a hostile file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from namecls import paths
from namecls.config import ModelConfig
from namecls.errors import DataError, NameclsError, RunError
from namecls.explanation import neighbours as module
from namecls.explanation.fresh import fresh_predictor
from namecls.explanation.neighbours import INDEX, NeighbourIndex
from namecls.explanation.represented import Rows, learned_and_held_out, unit_titles
from namecls.inference.prediction import Predictor
from namecls.runs.run import Run
from namecls.runs.tensors import hash_of, write_tensors
from tests.library import small_table

CONFIG = ModelConfig(
    network="gru+ngram,cnn", hidden_size=40, filters=6, ngram_size=9, ngram_hidden=3, buckets=512
)


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Path:
    """A copy of the run, with its data beside it, and without an index that another test has left in it."""
    shutil.copy(trained_run.parent.parent / "small.tsv", tmp_path)
    return Path(shutil.copytree(trained_run, tmp_path / "run", ignore=shutil.ignore_patterns(INDEX)))


def made() -> tuple[Predictor, Rows]:
    """A network of several members and parts, and some names."""
    table = small_table()
    predictor = fresh_predictor(CONFIG, sorted(set(table.labels)))
    return predictor, Rows.of(table, predictor.vocabulary)


def vectors_by_hand(predictor: Predictor, names: list[str]) -> np.ndarray:
    """What the linear layers are given, caught at their door, one name at a time."""
    caught: list[list[torch.Tensor]] = []
    doors = [
        part.linear.register_forward_pre_hook(lambda _, given: caught[-1].append(given[0][0]))
        for part in predictor.model.parts
    ]
    with torch.no_grad():
        for name in names:
            caught.append([])
            ids = torch.tensor([predictor.vocabulary.encode(name)])
            predictor.model(ids, torch.tensor([ids.shape[1]]))
    for door in doors:
        door.remove()
    return torch.stack([torch.cat(each) for each in caught]).double().numpy()


@pytest.mark.parametrize("coarse", [2, 16])
def test_they_are_those_of_brute_force(coarse: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Principal components by NumPy's singular values; few of them, so that the bound has something to leave out."""
    monkeypatch.setattr(module, "KEPT", 12)
    monkeypatch.setattr(module, "PIECES", (coarse, 3, 50))
    monkeypatch.setattr(module, "_BLOCK", 50)
    predictor, rows = made()
    index = NeighbourIndex.build(predictor, rows)
    found = vectors_by_hand(predictor, rows.names)
    centred = found - found.mean(0)
    sizes = [part.linear.in_features for part in predictor.model.parts]
    parts = np.split(centred, np.cumsum(sizes)[:-1], axis=1)
    scale = np.repeat([1 / np.sqrt((part**2).sum(1).mean()) for part in parts], sizes)
    scaled = centred * scale
    _, _, turned = np.linalg.svd(scaled, full_matrices=False)
    kept = scaled @ turned[:12].T
    for asked in ("Boryan", "Levoshvili", rows.names[7]):
        answer = index.query(predictor, asked, k=7)
        one = (vectors_by_hand(predictor, [asked])[0] - found.mean(0)) * scale
        distances = np.linalg.norm(kept - turned[:12] @ one, axis=1)
        nearest = np.sort(distances)[:7]
        assert [n.distance for n in answer.neighbours] == pytest.approx(nearest.tolist(), abs=5e-3)
        by_name = {(rows.names[i], predictor.labels[rows.labels[i]]): distances[i] for i in range(len(rows))}
        assert [by_name[n.name, n.label] for n in answer.neighbours] == pytest.approx(
            nearest.tolist(), abs=5e-3
        )


def test_they_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of vectors caught at the door of the linear layers, with its own principal components and its own search."""
    monkeypatch.setattr(module, "KEPT", 12)
    monkeypatch.setattr(module, "PIECES", (4, 4, 50))
    predictor, rows = made()
    sizes = [part.linear.in_features for part in predictor.model.parts]
    learned = np.split(vectors_by_hand(predictor, rows.names), np.cumsum(sizes)[:-1], axis=1)
    means = [part.mean(0) for part in learned]
    spreads = [np.sqrt(part.var(0).sum()) for part in learned]  # so that each part weighs the same

    def scaled(parts: list[np.ndarray]) -> np.ndarray:
        return np.hstack([(p - m) / s for p, m, s in zip(parts, means, spreads, strict=True)])

    components = PCA(12, svd_solver="full").fit(scaled(learned))
    search = NearestNeighbors(n_neighbors=7).fit(components.transform(scaled(learned)))
    asked = ["Boryan", "Levoshvili", rows.names[7]]
    parts = np.split(vectors_by_hand(predictor, asked), np.cumsum(sizes)[:-1], axis=1)
    distances, places = search.kneighbors(components.transform(scaled(parts)))
    index = NeighbourIndex.build(predictor, rows)
    for name, far, where in zip(asked, distances, places, strict=True):
        answer = index.query(predictor, name, k=7)
        assert [each.distance for each in answer.neighbours] == pytest.approx(far.tolist(), abs=5e-3)
        told = {
            rows.names[at] for at in where[far < far[-1] - 0.01]
        }  # the last ones may be as near as others
        assert told <= {each.name for each in answer.neighbours}


@pytest.mark.parametrize("many", [1, 8, 10_000])
def test_what_the_bound_leaves_out_is_none_of_the_nearest(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random vectors, in which the first components say least about the rest; few, or all, are looked at whole."""
    monkeypatch.setattr(module, "_MANY", many)
    monkeypatch.setattr(module, "_BLOCK", 64)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        stored = torch.randn(5000, 56).half()
        queries = torch.randn(20, 56)
    projection = module.Projection(torch.ones(56), torch.zeros(56), torch.eye(56))
    index = NeighbourIndex(
        projection,
        *(
            tuple(map(torch.Tensor.contiguous, stored.split([16, 16, 24], 1))),
            torch.zeros(5000, dtype=torch.int32),
        ),
        *(torch.zeros(5001, dtype=torch.int32), torch.zeros(1, dtype=torch.uint8)),
    )
    for query in queries:
        distances, rows = index.nearest(query, 10)
        expected = (stored.double() - query.double()).norm(dim=1).sort()
        assert rows.tolist() == expected.indices[:10].tolist()
        assert distances.tolist() == pytest.approx(expected.values[:10].tolist(), rel=1e-4)


def test_of_a_training_name_the_nearest_is_itself(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    learned, held_out = learned_and_held_out(Run.open(trained_run), predictor.vocabulary)
    index = NeighbourIndex.build(predictor, learned, held_out)
    answer = index.query(predictor, learned.names[3])
    assert answer.neighbours[0].name == learned.names[3]
    assert answer.neighbours[0].distance == pytest.approx(0, abs=0.02)
    assert answer.indexed == len(learned)
    assert [n.speaks_for for n in answer.neighbours] == [n.label == answer.label for n in answer.neighbours]
    assert sorted(n.distance for n in answer.neighbours) == [n.distance for n in answer.neighbours]
    assert not set(held_out.names) & set(learned.names)


def test_how_good_they_are_is_measured_on_held_out_names(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    learned, held_out = learned_and_held_out(Run.open(trained_run), predictor.vocabulary)
    index = NeighbourIndex.build(predictor, learned, held_out)
    votes, answers = [], []
    for name, label in zip(held_out.names, held_out.labels.tolist(), strict=True):
        found = [n.label for n in index.query(predictor, name, k=10).neighbours]
        most = max(found.count(each) for each in found)
        votes.append(next(each for each in found if found.count(each) == most) == predictor.labels[label])
        answers.append(predictor.predict(name).ranked[0].label == predictor.labels[label])
    assert index.held_out == len(held_out)
    assert index.accuracy == pytest.approx(np.mean(votes))
    assert index.model_accuracy == pytest.approx(np.mean(answers))


def test_it_is_kept_in_the_run_and_found_there(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = Predictor.load(run)
    first = NeighbourIndex.of(predictor)
    assert (run / INDEX).is_file()
    monkeypatch.setattr(NeighbourIndex, "build", None)
    again = NeighbourIndex.of(Predictor.load(run))
    assert again.query(predictor, "Boryan") == first.query(predictor, "Boryan")
    assert (again.accuracy, again.held_out) == (first.accuracy, first.held_out)


def test_other_weights_make_another_index(run: Path) -> None:
    predictor = Predictor.load(run)
    NeighbourIndex.of(predictor)
    before = (run / INDEX).read_bytes()
    with torch.no_grad():
        predictor.model.parts[0].linear.weight.add_(0.5)
        predictor.model.parts[0].input.weight.mul_(-1)
    changed = NeighbourIndex.of(predictor)
    assert (run / INDEX).read_bytes() != before
    fresh = NeighbourIndex.build(predictor, *learned_and_held_out(Run.open(run), predictor.vocabulary))
    assert changed.query(predictor, "Boryan") == fresh.query(predictor, "Boryan")


def test_without_its_data_a_model_has_an_index_only_if_it_is_kept(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.load(run)
    (run.parent / "small.tsv").rename(run.parent / "gone.tsv")
    (run / "places.json").unlink(missing_ok=True)
    with pytest.raises(DataError, match="there is no such file; say where"):
        NeighbourIndex.of(predictor)
    monkeypatch.chdir(run)  # a fresh network is of no run, wherever one stands
    with pytest.raises(RunError, match="is of no run"):
        NeighbourIndex.of(made()[0])


def test_what_is_not_written_to_is_kept_in_the_cache(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "packaged_model", lambda: run)
    predictor = Predictor.load(run)
    NeighbourIndex.of(predictor)
    assert not (run / INDEX).exists()
    (kept,) = paths.cache_directory().glob(f"neighbours-{hash_of(predictor.model.stored())[:32]}*")
    monkeypatch.setattr(NeighbourIndex, "build", None)
    NeighbourIndex.of(predictor)
    kept.unlink()


@pytest.mark.parametrize(
    "damage",
    [
        "labels too high",
        "labels below 0",
        "starts backwards",
        "starts beyond",
        "not a number",
        "another width",
        "one row less",
        "another type",
        "no accuracy",
        "cut",
        "link",
        "pipe",
    ],
)
def test_a_damaged_index_is_refused_and_made_anew(run: Path, damage: str) -> None:
    predictor = Predictor.load(run)
    expected = NeighbourIndex.of(predictor).query(predictor, "Boryan")
    path, weights = run / INDEX, hash_of(predictor.model.stored())
    tensors, measured = load_file(path), "[0.5, 0.5, 9]"
    if damage == "labels too high":
        tensors["labels"][3] = 3
    elif damage == "labels below 0":
        tensors["labels"][3] = -1
    elif damage == "starts backwards":
        tensors["starts"][3] = 0
    elif damage == "starts beyond":
        tensors["starts"][-1] = 2**30
    elif damage == "not a number":
        tensors["piece0"][0, 0] = torch.nan
    elif damage == "another width":
        tensors["components"] = tensors["components"][:-1].contiguous()
    elif damage == "one row less":
        tensors["piece0"] = tensors["piece0"][:-1].contiguous()
    elif damage == "another type":
        tensors["labels"] = tensors["labels"].long()
    elif damage == "no accuracy":
        measured = '["high", 2, true]'
    write_tensors(path, tensors, format="3", weights=weights, measured=measured)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    elif damage == "link":
        path.rename(run / "elsewhere")
        path.symlink_to(run / "elsewhere")
    elif damage == "pipe":
        path.unlink()
        os.mkfifo(path)
    with pytest.raises(NameclsError):
        NeighbourIndex.load(path, predictor, weights)
    assert NeighbourIndex.of(predictor).query(predictor, "Boryan") == expected


def test_hostile_names_are_given_back_as_they_stood() -> None:
    predictor, _ = made()
    names = ["\x1b[2JBor", "\u202eDav", "Müller \N{FAMILY}", "[red]Jan[/]", "x\udcf1"]
    index = NeighbourIndex.build(predictor, Rows(names, np.zeros(5, np.int64)))
    found = {n.name for n in index.query(predictor, "Jan", k=9).neighbours}
    assert found == {*names[:-1], "x?"}


def test_of_no_names_there_is_no_index() -> None:
    with pytest.raises(DataError, match="found none"):
        NeighbourIndex.build(made()[0], Rows([], np.empty(0, np.int64)))


def test_every_unit_has_a_title() -> None:
    predictor, _ = made()
    titles = unit_titles(predictor.model.config)
    assert len(set(titles)) == len(titles) == sum(part.linear.in_features for part in predictor.model.parts)
    assert titles[0] == "1: gru 1 last"
    assert titles[40] == "1: gru 1 reverse last"
    assert "2: cnn 6 of 5 letters" in titles
    assert "1: ngram hidden 3" in titles
