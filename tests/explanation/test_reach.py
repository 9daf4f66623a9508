from pathlib import Path

import pytest
import torch

from namecls.config import ModelConfig
from namecls.errors import ConfigError, DataError
from namecls.explanation.fresh import fresh_predictor
from namecls.explanation.reach import reach
from namecls.inference.prediction import Predictor

LABELS = ["a", "b", "c"]
SMALL = {"hidden_size": 6, "embedding_size": 5, "filters": 4, "ngram_size": 5, "buckets": 512}


@pytest.mark.parametrize("network", ["rnn", "lstm", "gru", "cnn", "gru+ngram", "gru+ngram,cnn", "lstm,rnn"])
def test_it_is_the_gradient_by_hand(network: str) -> None:
    """Each letter stands once in the name, so that its gradient is that of its row of the embedding."""
    predictor = fresh_predictor(ModelConfig(network=network, **SMALL), LABELS)
    model, ids = predictor.model, torch.tensor([predictor.vocabulary.encode("Dvorak")])
    logits = model(ids, torch.tensor([6]))
    model.zero_grad()
    logits.log_softmax(1)[0, 2].backward()
    tables = [part.input.weight.grad for part in model.parts if hasattr(part, "input")]
    by_hand = torch.cat([table[ids[0]] for table in tables], 1).norm(dim=1)
    found = reach(predictor, "Dvorak", "c")
    assert found.letters == tuple("dvorak")
    assert found.label == "c"
    assert found.sizes == pytest.approx(by_hand.tolist(), rel=1e-4)
    assert set(found.parts) == set(network.replace(",", "+").split("+")) - {"ngram"}


def test_the_label_is_the_first_one_unless_another_is_asked_for(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    assert reach(predictor, "Boryan").label == predictor.predict("Boryan").ranked[0].label
    with pytest.raises(ConfigError, match="expected a label"):
        reach(predictor, "Boryan", "Klingon")


def test_letters_that_a_plain_network_reads_early_reach_less_far() -> None:
    """The lesson on vanishing gradients, on weights so small that nothing else can come out."""
    config = ModelConfig(network="rnn", bidirectional=False, pooling="last", input="onehot", hidden_size=16)
    predictor = fresh_predictor(config, LABELS)
    with torch.no_grad():
        predictor.model.parts[0].cell.weight_hh_l0.mul_(0.1)
    sizes = reach(predictor, "Wolfeschlegelstein").sizes
    assert sizes[0] < sizes[4] < sizes[8] < sizes[-1]
    assert sizes[0] < sizes[-1] / 1e6


def test_what_it_can_not_tell_is_an_error() -> None:
    ngrams = fresh_predictor(ModelConfig(network="ngram", buckets=512), LABELS)
    with pytest.raises(ConfigError, match="takes no letters one by one"):
        reach(ngrams, "Kim")
    with pytest.raises(DataError, match="with letters"):
        reach(ngrams, "12\x1b")
    with pytest.raises(DataError, match="at most 256 letters"):
        reach(ngrams, "ab" * 129)


def test_it_leaves_no_gradient_behind(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    reach(predictor, "Boryan")
    assert all(parameter.grad is None for parameter in predictor.model.parameters())
