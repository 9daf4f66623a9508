"""Counts beside a network: what is counted, found, blended, fitted, written, and refused when it is damaged."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch

from namecls.answers import OK
from namecls.calibration.counts import ANOTHER_ORDER, ANOTHER_SPELLING, NameCounts
from namecls.calibration.people import HeldOut, fit_counted, people_of, without_one
from namecls.calibration.spellings import KINDS as SPELLING_KINDS
from namecls.errors import ConfigError, ModelFileError, RunError
from namecls.inference.prediction import Predictor
from namecls.runs.counted import load_counted
from namecls.runs.run import COUNTS, Run
from namecls.training.counting import add_counts
from tests.cli.conftest import Cli, cli  # noqa: F401

LABELS = ("Czech", "German", "Korean", "Turkish")
ROWS = [
    ("Kim", 2, 40.0), ("Kim", 1, 2.0), ("kim", 2, 1.0), ("Novák", 0, 12.0), ("Yılmaz", 3, 6.0), ("김", 2, 9.0),
    ("Once", 1, 1.0), ("O'Brien", 1, 3.0),
]  # fmt: skip


def counts(**options: float) -> NameCounts:
    names, labels, weights = zip(*ROWS, strict=True)
    return NameCounts.of_rows(
        names, torch.tensor(labels), torch.tensor(weights), priors=torch.ones(len(LABELS)), **options
    )


def test_they_are_what_a_counter_counts() -> None:
    brute: dict[str, Counter[int]] = {}
    for name, label, weight in ROWS:
        brute.setdefault(name.casefold(), Counter())[label] += weight
    found = counts(least=2)
    assert {name for name in brute if found.of_name(name)} == set(brute) - {"once"}
    for name in set(brute) - {"once"}:
        assert found.of_name(name) == dict(brute[name].most_common())


@pytest.mark.parametrize(
    ("typed", "stored", "weight"),
    [
        ("KIM", "Kim", 1.0),
        (" kim ", "Kim", 1.0),
        ("O’Brien", "O'Brien", 1.0),
        ("Nova\u0301k", "Novák", 1.0),
        ("Kím", "Kim", ANOTHER_SPELLING),
    ],
)
def test_a_name_is_found_however_it_is_written(typed: str, stored: str, weight: float) -> None:
    found = counts().of_names([typed, stored])
    assert torch.equal(found[0], weight * found[1])
    assert float(found[0].sum()) > 0


SPELLINGS = [
    ("Müller", 1, 300.0), ("Mueller", 0, 10.0), ("Muller", 0, 40.0), ("Sørensen", 0, 50.0), ("O'Brien", 1, 30.0),
    ("De Luca", 2, 9.0), ("García López", 2, 8.0), ("Petrović", 0, 6.0), ("Παπάς", 1, 5.0), ("Đorđević", 0, 4.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "seen_as", "weight"),
    [
        ("SOERENSEN", "Sørensen", ANOTHER_SPELLING),
        ("Sorensen", "Sørensen", ANOTHER_SPELLING),
        ("Obrien", "O'Brien", ANOTHER_SPELLING),
        ("O Brien", "O'Brien", ANOTHER_SPELLING),
        ("DeLuca", "De Luca", ANOTHER_SPELLING),
        ("Garcia-Lopez", "García López", ANOTHER_SPELLING),
        ("Lopez Garcia", "García López", ANOTHER_ORDER),
        ("Петрович", "", 0.0),
        ("Петровић", "Petrović", ANOTHER_SPELLING),
        ("ΠΑΠΑΣ", "Παπάς", ANOTHER_SPELLING),
        ("Djordjevic", "Đorđević", ANOTHER_SPELLING),
        ("Muller", "", 1.0),
        ("Kuca", "", 0.0),
        ("DelUca Garcia", "", 0.0),
    ],
)
def test_a_name_is_found_by_other_spellings_with_less_weight(typed: str, seen_as: str, weight: float) -> None:
    table = spelled()
    found, others = table.look_up([typed])
    assert others.get(0, "") == seen_as
    assert torch.equal(found[0], weight * table.of_names([seen_as or typed], other_spellings=False)[0])


def spelled() -> NameCounts:
    names, labels, weights = zip(*SPELLINGS, strict=True)
    return NameCounts.of_rows(
        names, torch.tensor(labels), torch.tensor(weights), priors=torch.ones(len(LABELS))
    )


def test_other_spellings_weigh_less_the_more_bearers_a_name_has_of_its_own() -> None:
    table = spelled()
    found, others = table.look_up(["MUELLER", "Muller"])
    assert others == {0: "Müller"}
    assert found[0].tolist() == [10.0, 300 / 8, 0.0, 0.0]  # a quarter, and half of that at half of `ENOUGH`
    assert found[1].tolist() == [40.0, 0.0, 0.0, 0.0]


def test_bearers_are_the_sums_of_what_is_counted() -> None:
    table = spelled()
    names = [typed for name, _label, _weight in SPELLINGS for typed in (name, name.upper(), f"{name[1:]} x")]
    names += ["MUELLER", "Lopez Garcia", "Garcia-Lopez", "Петровић", ""]
    assert table.bearers(names).tolist() == table.of_names(names).sum(1).tolist()
    assert table.bearers([]).tolist() == []
    assert NameCounts.of_rows([], torch.tensor([]), torch.tensor([]), priors=torch.ones(1)).bearers(
        ["Kim"]
    ).tolist() == [0.0]


def test_spellings_survive_a_file_and_those_that_do_not_fit_are_refused() -> None:
    good = spelled().to_tensors()
    assert good["counts"].dtype == torch.int16
    again = NameCounts.from_tensors(good, len(LABELS))
    assert again.look_up(["Soerensen"])[1] == {0: "Sørensen"}
    for name, value in {
        "forms": good["forms"].flip(0),
        "spelling_sizes": good["spelling_sizes"][1:],
        "spellings": good["spellings"][1:],
    }.items():
        with pytest.raises(ModelFileError):
            NameCounts.from_tensors({**good, name.partition(" ")[0]: value}, len(LABELS))
    noise = NameCounts.from_tensors({**good, "spellings": good["spellings"] ^ 255}, len(LABELS))
    assert noise.look_up(["Soerensen"])[1] == {}
    older = {name: tensor for name, tensor in good.items() if name not in SPELLING_KINDS}
    assert NameCounts.from_tensors(older, len(LABELS)).look_up(["Soerensen"])[1] == {}


def test_a_name_that_is_not_counted_keeps_the_answer_of_the_network() -> None:
    network = torch.rand(3, len(LABELS)).softmax(1)
    table = counts()
    found = table.of_names(["Once", "Nowhere", ""])
    assert torch.equal(table.blend(network, found), network)


def test_the_blend_is_the_posterior_mean() -> None:
    table = counts(strength=2.0)
    network = torch.tensor([[0.1, 0.2, 0.3, 0.4]])
    expected = [(n + 2 * p) / (43 + 2) for n, p in zip((0, 2, 41, 0), network[0].tolist(), strict=True)]
    assert table.blend(network, table.of_names(["Kim"]))[0].tolist() == pytest.approx(expected)
    alone = table.blend(network, table.of_names(["김"]), torch.tensor([True]))
    assert alone[0].tolist() == [0.0, 0.0, 1.0, 0.0]


def test_counts_of_another_population_are_weighed_by_bayes_rule() -> None:
    table = NameCounts.of_rows(
        ["Ali", "Ali"],
        torch.tensor([0, 1]),
        torch.tensor([10.0, 30.0]),
        priors=torch.tensor([3.0, 1.0]),
        strength=1e-9,
    )
    blended = table.blend(torch.tensor([[0.5, 0.5]]), table.of_names(["Ali"]))
    assert blended[0].tolist() == pytest.approx([0.5, 0.5])


def test_each_person_is_left_out_once() -> None:
    left = without_one(torch.tensor([[3.0, 1.0], [0.5, 0.0]]), torch.tensor([0, 0]))
    assert left.tolist() == [[2.0, 1.0], [0.0, 0.0]]
    assert people_of(torch.tensor([2.0, 0.0, 3.0])).tolist() == [0, 0, 2, 2, 2]
    assert len(people_of(torch.full((10,), 1e6), most=100)) == 100


def test_a_network_that_knows_nothing_gets_little_say_and_one_that_knows_all_much() -> None:
    table = counts()
    names = ["Kim"] * 2
    target, weights = torch.tensor([2, 1]), torch.tensor([41.0, 2.0])
    blind = torch.tensor([[0.97, 0.01, 0.01, 0.01]] * 2)
    wise = torch.tensor([[0.001, 0.001, 0.997, 0.001], [0.001, 0.997, 0.001, 0.001]])
    strengths = [
        float(fit_counted(table, HeldOut(network, target, weights, names)).counts.strengths[0])
        for network in (blind, wise)
    ]
    assert strengths[0] < strengths[1]


def test_the_network_has_more_say_for_a_label_whose_bearers_are_known_from_lists_alone() -> None:
    # Names like Yılmaz, which Germans bear too, are on no list of Turks; the network knows them.
    names = [f"Listed{i}" for i in range(20)]
    rows = [(name, 3, 5.0) for name in names] + [(name, 1, 2.0) for name in names] + [("Kim", 2, 40.0)]
    table = NameCounts.of_rows(
        [name for name, *_ in rows],
        torch.tensor([label for _, label, _ in rows]),
        torch.tensor([number for *_, number in rows]),
        priors=torch.ones(len(LABELS)),
    )
    turk, korean = torch.tensor([[0.02, 0.02, 0.01, 0.95]]), torch.tensor([[0.05, 0.9, 0.04, 0.01]])
    held = HeldOut(
        torch.cat([turk.repeat(20, 1), korean]),
        torch.tensor([3] * 20 + [2]),
        torch.tensor([5.0] * 20 + [40.0]),
        [*names, "Kim"],
        unlisted=torch.tensor([10.0] * 20 + [0.0]),
    )
    listed = torch.tensor([False, False, False, True])
    fitted = fit_counted(table, held, listed).counts
    strengths = fitted.strengths
    assert float(strengths[3]) > float(strengths[0]) == float(strengths[1])
    assert len(held.left_out(table)[0]) == 41
    unlisted = held.left_out(table)[3][21:]
    assert unlisted.tolist() == [[0.0, 2.0, 0.0, 0.0]] * 20
    answer = table.with_strengths(strengths, fitted.power).blend(turk, torch.tensor([[0.0, 2.0, 0.0, 0.0]]))
    assert int(answer.argmax()) == 3


def test_the_network_has_more_say_of_names_that_many_bear_as_far_as_the_power_says() -> None:
    table = counts().with_strengths(torch.ones(len(LABELS)), 0.5)
    alone = torch.full((2, len(LABELS)), 1 / len(LABELS))
    found = torch.tensor([[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 100.0, 0.0]])
    assert table.blend(alone, found)[:, 2].tolist() == pytest.approx([(1 + 0.25) / 2, (100 + 2.5) / 110])
    assert table.with_strengths(torch.ones(len(LABELS)), 0.0).blend(alone, found)[1, 2] == pytest.approx(
        100.25 / 101
    )


def test_strengths_are_those_of_the_best_calibrated_answers() -> None:
    # A quarter of those who bear a name of many bear it under the label that the network says, whatever was counted.
    rows = [(f"Name{i}", 0, 64.0) for i in range(30)]
    names = [name for name, *_ in rows] * 2
    table = NameCounts.of_rows(
        [name for name, *_ in rows],
        torch.zeros(30, dtype=torch.int64),
        torch.full((30,), 64.0),
        priors=torch.ones(2),
    )
    network = torch.tensor([[0.01, 0.99]]).repeat(60, 1)
    target, weights = torch.tensor([0] * 30 + [1] * 30), torch.tensor([48.0] * 30 + [16.0] * 30)
    fitted = fit_counted(table, HeldOut(network, target, weights, names, among=False)).counts
    blended = fitted.blend(network, table.of_names(names))
    assert float(blended[0, 0]) == pytest.approx(0.75, abs=0.06)


def test_too_many_labels_are_refused() -> None:
    with pytest.raises(ConfigError, match="at most 32,767 labels"):
        NameCounts.of_rows(["a"], torch.tensor([0]), torch.tensor([2.0]), priors=torch.ones(40_000))


# -- in a run --


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Run:
    shutil.copytree(trained_run, tmp_path / "run")
    return Run.open(tmp_path / "run")


def put(run: Run) -> None:
    from namecls.training.protocol import recorded_splits

    splits = recorded_splits(run)
    rows = [
        (name, label, 5.0)
        for table in (splits.validation, splits.test)
        for name, label in zip(table.names, table.label_of_rows, strict=True)
    ]
    label = splits.train.labels[0]
    people = add_counts(
        run, [*rows, ("Qqq", label, 90.0), ("王", label, 30.0), ("Kim", "no such label", 9.0)]
    )
    assert people.rows == pytest.approx(5 * len(splits.test), abs=1)
    assert people.accuracy > 0.9


def test_a_run_with_counts_answers_from_them_and_tells_what_it_saw(run: Run, cli: Cli) -> None:  # noqa: F811
    before = Predictor.load(run.directory).predict(["Zzyzx", "Qqq"])
    put(run)
    predictor = Predictor.load(run.directory)
    label = predictor.labels[0]
    unseen, seen, foreign = predictor.predict(["Zzyzx", "qqq", "王"])
    assert [r.probability for r in unseen.ranked] == pytest.approx([r.probability for r in before[0].ranked])
    assert (unseen.seen, unseen.evidence) == ((), "")
    assert (seen.ranked[0].label, seen.seen[0].count) == (label, 90.0)
    assert seen.evidence == f"seen 90 times: {label} 90"
    assert (foreign.status, foreign.ranked[0].label) == (OK, label)
    assert [predictor.predict(name).ranked[0].label for name in ("Qqq", "王")] == [label, label]
    lines = cli("predict", "--model", run.directory, "Qqq", "Zzyzx", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["seen"] for line in lines] == [{label: 90.0}, {}]
    many = ["Qqq", "Zzyzx"] * 50
    assert {p.ranked[0] for p in predictor.predict(many)[::2]} == {seen.ranked[0]}
    run.verify()


def test_damaged_counts_are_refused(run: Run) -> None:
    put(run)
    labels = len(Predictor.load(run.directory).labels)
    path = run.directory / COUNTS
    whole = path.read_bytes()
    for wrong in (b"", whole[:-1], whole[:100], whole.replace(b"I64", b"F64"), b"\0" * len(whole)):
        path.write_bytes(wrong)
        with pytest.raises(ModelFileError):
            load_counted(run, labels)
    path.write_bytes(whole)
    with pytest.raises(ModelFileError, match="don't fit"):
        load_counted(run, 1)


def test_columns_that_do_not_fit_are_refused() -> None:
    good = counts().to_tensors()
    for name, value in {
        "keys": good["keys"].flip(0),
        "sizes": good["sizes"][1:],
        "labels": good["labels"] + 9,
        "counts": good["counts"] * torch.nan,
        "priors": good["priors"] * 0,
        "strengths": -good["strengths"],
        "power": good["power"] + 2,
        **{
            f"{name} {factor}": good[name].float() * factor
            for name in ("counts", "priors", "strengths")
            for factor in (1e30, 1e-44)
        },
    }.items():
        with pytest.raises(ModelFileError):
            NameCounts.from_tensors({**good, name.partition(" ")[0]: value}, len(LABELS))
    again = NameCounts.from_tensors(good, len(LABELS))
    assert torch.equal(again.of_names(["Kim", "김"]), counts().of_names(["Kim", "김"]))


def test_an_unfinished_run_gets_no_counts(run: Run) -> None:
    run.revoke_manifest()
    with pytest.raises(RunError, match="not finished"):
        add_counts(run, [("Kim", "Korean", 2.0)])
