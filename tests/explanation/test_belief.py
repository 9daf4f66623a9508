import pytest

from namecls.errors import DataError
from namecls.explanation.belief import belief
from namecls.inference.prediction import Predictor


def test_it_is_the_networks_answer_for_each_prefix(network: Predictor) -> None:
    name = "De la Cruz"
    found = belief(network, name, k=3)
    prefixes = network.network_probabilities([name[:end] for end in range(1, len(name) + 1)])
    assert found.labels == tuple(r.label for r in network.predict(name, k=3).ranked)
    for label, row in zip(found.labels, found.probabilities, strict=True):
        assert row == pytest.approx(prefixes[:, network.labels.index(label)].tolist(), abs=1e-5)


def test_each_column_sums_to_one(network: Predictor) -> None:
    found = belief(network, "Bái", k=4)
    for column in zip(*found.probabilities, found.others, strict=True):
        assert sum(column) == pytest.approx(1, abs=1e-12)


def test_only_a_network_that_reads_forward_has_a_state_of_a_prefix(network: Predictor) -> None:
    parts = {kind for member in network.model.config.members for kind in member}
    reads_on = parts <= {"rnn", "gru", "lstm"} and not network.model.config.bidirectional
    assert belief(network, "Bai").reads_anew is not reads_on


def test_labels_can_be_chosen(trained: Predictor) -> None:
    assert belief(trained, "Kowalski", labels=["Armenian"]).labels == ("Armenian",)
    with pytest.raises(DataError, match="a label that the model knows"):
        belief(trained, "Kowalski", labels=["Klingon"])


def test_letters_that_the_network_does_not_know_are_told(trained: Predictor) -> None:
    assert belief(trained, "Bo\u738bski\u738b").unknown == (2, 6)
    assert belief(trained, "Borski").unknown == ()
