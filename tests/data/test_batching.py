import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from namecls.data.batching import LengthBatchSampler, NameDataset, collate
from namecls.data.vocab import PADDING, Vocabulary
from namecls.normalization import Normalizer

NAMES = ["Bai", "Kowalski", "Li", "Nagy", "Sato", "Wu", "Abe", "Novák"]


@pytest.fixture
def dataset() -> NameDataset:
    characters = tuple(sorted(set("".join(NAMES))))
    return NameDataset(NAMES, range(len(NAMES)), Vocabulary(characters, tuple("abcdefgh"), Normalizer()))


def test_a_batch_holds_the_names_padded_at_the_end(dataset: NameDataset) -> None:
    batch = dataset.batch(torch.tensor([2, 0, 7]))
    assert batch.lengths.tolist() == [2, 3, 5]
    assert batch.labels.tolist() == [2, 0, 7]
    assert batch.ids.shape == (3, 5)
    assert (batch.ids == PADDING).sum() == 3 + 2
    for row, index in zip(batch.ids, (2, 0, 7), strict=True):
        assert row[row != PADDING].tolist() == dataset[index][0].tolist()


def test_the_last_names_of_the_dataset_can_be_padded(dataset: NameDataset) -> None:
    batch = dataset.batch(torch.tensor([7, 1]))
    assert batch.ids[0, 5:].tolist() == [PADDING] * 3


def test_collating_items_equals_asking_for_the_batch(dataset: NameDataset) -> None:
    indices = [4, 1, 6]
    one_by_one = collate([dataset[i] for i in indices])
    at_once = collate(dataset.__getitems__(indices))
    assert all(torch.equal(a, b) for a, b in zip(one_by_one, at_once, strict=True))


def test_a_data_loader_serves_every_name_once(dataset: NameDataset) -> None:
    sampler = LengthBatchSampler(dataset.lengths, batch_size=3, seed=1)
    loader = DataLoader(dataset, batch_sampler=sampler, collate_fn=collate)
    labels = torch.cat([batch.labels for batch in loader])
    assert sorted(labels.tolist()) == list(range(len(NAMES)))
    assert len(list(loader)) == len(sampler) == 3


def test_full_batches_hold_names_of_one_length() -> None:
    lengths = torch.from_numpy(np.random.default_rng(0).integers(2, 12, 1000))
    sampler = LengthBatchSampler(lengths, batch_size=16, seed=0)
    batches = sampler.batches()
    mixed = [b for b in batches if len(np.unique(lengths.numpy()[b])) > 1]
    assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
    assert len(batches) == len(sampler) == 63
    assert len(mixed) <= 10


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    lengths = torch.from_numpy(np.random.default_rng(0).integers(2, 12, 300))

    def order(seed: int, epoch: int) -> list[int]:
        sampler = LengthBatchSampler(lengths, 16, seed)
        sampler.set_epoch(epoch)
        return np.concatenate(sampler.batches()).tolist()  # type: ignore[no-any-return]

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


def test_without_a_seed_names_come_in_order_of_length() -> None:
    lengths = torch.tensor([3, 1, 2, 1])
    assert np.concatenate(LengthBatchSampler(lengths, 1).batches()).tolist() == [1, 3, 2, 0]
