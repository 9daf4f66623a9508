from __future__ import annotations

import pytest
import torch

from namecls.config import ModelConfig, TrainConfig
from namecls.data.batching import Batch
from namecls.data.spelling import half_typed, last_word_first, without_accents
from namecls.data.vocab import UNKNOWN, Vocabulary
from namecls.training.augmentation import AsTyped


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Müller", "Muller"),
        ("Wałęsa", "Walesa"),
        ("Nguyễn", "Nguyen"),
        ("Søren", "Soren"),
        ("Παπαδόπουλος", "Παπαδοπουλος"),
        ("Strauß", "Strauß"),  # two letters: not the same length
        ("Ивано́в", "Ивано́в"),
        ("हिन्दी", "हिन्दी"),  # whose marks are vowels
        ("가나", "가나"),
        ("u\u0308ber", "uber"),
        ("", ""),
    ],
)
def test_letters_are_typed_without_accents(name: str, bare: str) -> None:
    assert without_accents(name) == bare


def test_half_and_turned_round() -> None:
    assert [half_typed(name) for name in ("Müller", "Kim", "a", "")] == ["Mül", "Ki", "a", ""]
    assert [last_word_first(name) for name in ("Hans Müller", "Kim", "", "a b c")] == [
        "Müller Hans",
        "Kim",
        "",
        "c a b",
    ]


def vocabulary() -> Vocabulary:
    return Vocabulary(("e", "l", "m", "r", "u", "ü", "ø"), ("a", "b"), ModelConfig().normalizer)


def batch(vocabulary: Vocabulary, names: list[str]) -> Batch:
    ids = torch.tensor([vocabulary.encode(name) for name in names])
    return Batch(ids, torch.full((len(names),), ids.shape[1]), torch.zeros(len(names), dtype=torch.int64))


def test_all_accents_dropped_and_what_has_no_bare_letter_stays() -> None:
    words = vocabulary()
    typed = AsTyped(TrainConfig(accent_dropout=1.0), words, torch.device("cpu"))
    given = batch(words, ["müller", "møller", "mxller"])
    found = typed(given)
    assert [words.decode(row.tolist()) for row in found.ids] == ["muller", "møller", "m\ufffdller"]
    assert int(found.ids[2, 1]) == UNKNOWN


def test_a_share_of_the_names_loses_its_accents() -> None:
    words = vocabulary()
    typed = AsTyped(TrainConfig(accent_dropout=0.25), words, torch.device("cpu"))
    torch.manual_seed(0)
    found = typed(batch(words, ["ü"] * 4000))
    assert 0.2 < float((found.ids == words.encode("u")[0]).double().mean()) < 0.3


def test_half_typed_batches_keep_at_least_half_and_not_all() -> None:
    words = vocabulary()
    typed = AsTyped(TrainConfig(cut_short=1.0), words, torch.device("cpu"))
    given = batch(words, ["müller"] * 3)
    torch.manual_seed(0)
    kept = {int(typed(given).lengths[0]) for _ in range(100)}
    assert kept == {3, 4, 5}
    assert typed(batch(words, ["mel"])).ids.shape[1] == 3  # too short to be cut


def test_without_either_nothing_is_drawn() -> None:
    words = vocabulary()
    before = torch.get_rng_state()
    given = batch(words, ["müller"])
    found = AsTyped(TrainConfig(), words, torch.device("cpu"))(given)
    assert torch.equal(found.ids, given.ids)
    assert torch.equal(torch.get_rng_state(), before)
