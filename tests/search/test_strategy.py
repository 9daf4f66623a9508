from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable

import pytest

from namecls.config import PRESETS
from namecls.search import strategy
from namecls.search.space import SPACE, Settings, Space, space_of
from namecls.search.strategy import FIRST, figure_at, is_behind, propose
from namecls.search.study import COMPLETED, CUT, FAILED, PRUNED, RUNNING, Trial

BASE = PRESETS["default"].config
WHOLE = space_of(SPACE, BASE)


def trial(figures: list[float], *, epochs: int = 10, status: str = COMPLETED, **values: object) -> Trial:
    best = figures.index(max(figures)) + 1 if figures else 0
    told = {"number": 1, "run": "x", "settings": {}, "best_epoch": best} | values
    return Trial(epochs=epochs, status=status, figures=tuple(figures), **told)  # type: ignore[arg-type]


def searched(
    space: Space, figure: Callable[[Settings], float | None], trials: int, seed: int = 0
) -> list[Trial]:
    """A search in which a function says at once what comes of settings; None: they fail."""
    found: list[Trial] = []
    for number in range(1, trials + 1):
        settings = propose(space, BASE, found, seed)
        assert settings is not None
        came = figure(settings)
        figures, status = ([], FAILED) if came is None else ([came], COMPLETED)
        found.append(trial(figures, epochs=1, status=status, number=number, settings=settings))
    return found


def hill(settings: Settings) -> float:
    """Highest at a learning rate of 0.004, 192 hidden numbers and an LSTM with n-grams."""
    rate, hidden = float(settings["learning_rate"]), float(settings["hidden_size"])
    return (
        1
        - abs(math.log10(rate / 0.004)) / 3
        - abs(math.log2(hidden / 192)) / 6
        - (0.1 if settings["network"] != "lstm+ngram" else 0.0)
        - abs(float(settings["dropout"]) - 0.2) / 4
    )


# -- what to try --


def test_the_first_trial_is_the_preset_itself() -> None:
    settings = propose(WHOLE, BASE, [], 0)
    assert settings == {name: BASE.value_of(name) for name in SPACE}
    assert BASE.changed(settings) == BASE


def test_the_first_trial_is_as_near_to_the_preset_as_the_space_has_it() -> None:
    space = space_of({"hidden_size": "32,64", "network": "rnn,lstm", "dropout": "0..0.9"}, BASE)
    assert propose(space, BASE, [], 0) == {"hidden_size": 64, "network": "rnn", "dropout": BASE.model.dropout}


def test_the_same_trials_and_seed_lead_to_the_same_settings() -> None:
    once, again = (searched(WHOLE, hill, FIRST + 4) for _ in range(2))
    assert [t.settings for t in once] == [t.settings for t in again]
    other = searched(WHOLE, hill, FIRST + 4, seed=1)
    assert all(a.settings != b.settings for a, b in zip(once[1:], other[1:], strict=True))


def test_all_that_is_tried_lies_in_the_space_and_is_new() -> None:
    found = searched(WHOLE, hill, 40)
    for each in found[1:]:
        assert list(each.settings) == list(WHOLE)
        config = BASE.changed(each.settings)
        assert 0.001 <= config.learning_rate <= 0.02
        assert config.model.hidden_size in (64, 96, 128, 192, 256)
        assert config.model.network in ("gru", "gru+ngram", "lstm+ngram", "cnn+ngram")
    assert len({str(each.settings) for each in found}) == 40


def test_when_everything_has_been_tried_there_is_nothing_left() -> None:
    space = space_of({"network": "gru,lstm", "hidden_size": "64,128,256", "layers": "1,2"}, BASE)
    found = searched(space, lambda settings: float(settings["hidden_size"]) / 256, 12)
    assert len({str(each.settings) for each in found}) == 12
    assert propose(space, BASE, found, 0) is None
    one = space_of({"network": "gru"}, BASE)
    assert propose(one, BASE, searched(one, lambda _: 0.5, 1), 0) is None


def test_the_estimator_finds_more_than_chance_does(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("learning_rate", "hidden_size", "network", "dropout", "batch_size", "pooling")
    space = {name: WHOLE[name] for name in names}  # the last two decide nothing

    def best(seed: int) -> float:
        return max(each.figure or 0.0 for each in searched(space, hill, 25, seed)[1:])

    seeds = range(16)
    guided = [best(seed) for seed in seeds]
    monkeypatch.setattr(strategy, "FIRST", 1000)
    chance = [best(seed) for seed in seeds]
    # How far from the top, which is 1: in the mean at least a quarter nearer.
    assert 1 - statistics.mean(guided) < 0.75 * (1 - statistics.mean(chance))
    assert sum(g > c for g, c in zip(guided, chance, strict=True)) >= 11


def test_settings_that_fail_are_kept_away_from() -> None:
    space = space_of({"learning_rate": "0.001..1 log", "dropout": "0..0.6"}, BASE)
    found = searched(space, lambda s: None if float(s["learning_rate"]) > 0.03 else 0.8, 40)
    late = [each.status for each in found[20:]]
    assert late.count(FAILED) <= 4


def test_one_that_was_given_up_is_not_better_than_one_that_was_not() -> None:
    given_up = trial([0.9], status=PRUNED, settings={"dropout": 0.5})
    good, rest = strategy._two_sides([given_up, *(trial([0.1 * n]) for n in range(1, 5))])
    assert [each.figure for each in good] == [pytest.approx(0.4)]
    assert given_up in rest


def test_settings_that_mean_nothing_beside_the_others_are_not_tried() -> None:
    space = space_of({"input": "onehot,embedding", "embedding_size": "16,32,64", "dropout": "0..0.6"}, BASE)
    found = searched(space, lambda settings: float(settings["dropout"]), 30)
    for each in found:
        assert ("embedding_size" in each.settings) == (each.settings["input"] == "embedding")
    assert {each.settings["input"] for each in found} == {"onehot", "embedding"}


# -- what to give up --

OTHERS = [trial([0.1 * n, 0.2 * n, 0.2 * n, 0.2 * n], epochs=4, number=n) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("figures", "behind"), [([0.19], True), ([0.2], False), ([0.1, 0.45], False), ([0.3, 0.39], True)]
)
def test_a_trial_below_the_median_is_behind(figures: list[float], behind: bool) -> None:
    assert is_behind(trial(figures, epochs=4, status=RUNNING), OTHERS) is behind


def test_too_few_others_and_too_few_epochs_say_nothing() -> None:
    bad = trial([0.0], epochs=4, status=RUNNING)
    assert not is_behind(bad, OTHERS[:2])
    assert not is_behind(dataclasses.replace(bad, epochs=20), OTHERS)
    assert not is_behind(trial([], epochs=4, status=RUNNING), OTHERS)


def test_the_same_share_of_the_epochs_counts_not_the_same_epoch() -> None:
    long = trial([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], epochs=8)
    assert figure_at(long, 0.5) == 0.4
    assert figure_at(long, 0.1) is None  # it had not come to the end of an epoch
    assert figure_at(long, 1.0) == 0.8
    assert is_behind(trial([0.3], epochs=2, status=RUNNING), [long] * 3)
    assert not is_behind(trial([0.45], epochs=2, status=RUNNING), [long] * 3)


def test_who_came_less_far_is_no_measure_and_who_stopped_early_is() -> None:
    assert figure_at(trial([0.5, 0.6], epochs=4, status=PRUNED), 0.75) is None
    assert figure_at(trial([0.5, 0.6], epochs=4, status=CUT), 0.5) == 0.6
    assert figure_at(trial([0.5, 0.4], epochs=4, status=COMPLETED), 0.75) == 0.5
    assert figure_at(trial([], epochs=4, status=FAILED), 0.75) is None
