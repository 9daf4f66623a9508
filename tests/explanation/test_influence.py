import math

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from namecls.data.vocab import UNKNOWN
from namecls.errors import DataError
from namecls.explanation.influence import influence, shares_of_letters
from namecls.explanation.views import METHODS, spearman
from namecls.inference.prediction import Predictor
from namecls.nn.ngrams import NgramClassifier

NAME = "de Béla"


def log_odds(probabilities: Tensor, label: int, against: int | None = None) -> list[float]:
    p = probabilities.double()[:, label]
    q = 1 - p if against is None else probabilities.double()[:, against]
    return (p / q).log().tolist()  # type: ignore[no-any-return]


def test_leave_one_out_is_what_the_network_says_of_the_name_without_the_letter(network: Predictor) -> None:
    found = influence(network, NAME, "label 2")
    names = [NAME, *(NAME[:i] + NAME[i + 1 :] for i in range(len(NAME)))]
    whole, *without = log_odds(network.network_probabilities(names), 2)
    assert found.logit == pytest.approx(whole, abs=1e-4)
    assert found.leave_one_out == pytest.approx([whole - other for other in without], abs=1e-4)


def test_occlusion_is_what_the_network_says_with_an_unknown_letter_in_its_place(network: Predictor) -> None:
    found = influence(network, NAME, "label 2", "label 4")
    names = [NAME, *(NAME[:i] + "\u4e00" + NAME[i + 1 :] for i in range(len(NAME)))]
    whole, *without = log_odds(network.network_probabilities(names), 2, 4)
    assert found.occlusion == pytest.approx([whole - other for other in without], abs=1e-4)


def test_integrated_gradients_sum_to_the_logit_less_that_of_the_reference(network: Predictor) -> None:
    for against in (None, "label 1"):
        found = influence(network, NAME, "label 3", against)
        blank = "".join(letter if letter == " " else "\u4e00" for letter in found.letters)
        (reference,) = log_odds(network.network_probabilities([blank]), 3, 1 if against is not None else None)
        assert found.reference == pytest.approx(reference, abs=1e-4)
        assert sum(found.integrated_gradients) == pytest.approx(found.logit - reference, abs=2e-3)
        assert abs(found.gap) < 2e-3


def test_integrated_gradients_are_a_riemann_sum_of_gradients_along_the_line(network: Predictor) -> None:
    found = influence(network, NAME, "label 3")
    ids = torch.tensor([network.vocabulary.encode(NAME)])
    blank = torch.tensor([[i if c == " " else UNKNOWN for i, c in zip(ids[0].tolist(), NAME, strict=True)]])
    length = torch.tensor([ids.shape[1]])
    ends, starts = network.model.inputs(ids, length), network.model.inputs(blank, length)
    along = (torch.arange(1000)[:, None, None] + 0.5) / 1000
    inputs = [(a + along * (b - a)).detach().requires_grad_() for a, b in zip(starts, ends, strict=True)]
    logits = network.model.forward_from(inputs, length.expand(1000)) / network.loaded.calibration.temperature
    p = logits.softmax(1)[:, 3]
    (p / (1 - p)).log().sum().backward()
    total = torch.zeros(ids.shape[1], dtype=torch.double)
    for a, b, x, part in zip(starts, ends, inputs, network.model.parts, strict=True):
        assert x.grad is not None
        by_piece = ((b - a) * x.grad).mean(0).sum(1).detach().double()
        total += by_piece @ shares_of_letters(part, list(NAME), ids[0].tolist())
    assert found.integrated_gradients == pytest.approx(total.tolist(), abs=5e-3)


def test_integrated_gradients_are_those_of_captum(network: Predictor) -> None:
    """With its own rule and steps, over what each part of the network reads."""
    found = influence(network, NAME, "label 3")
    ids = torch.tensor([network.vocabulary.encode(NAME)])
    blank = torch.tensor([[i if c == " " else UNKNOWN for i, c in zip(ids[0].tolist(), NAME, strict=True)]])
    length = torch.tensor([ids.shape[1]])

    def odds(*inputs: Tensor) -> Tensor:
        lengths = length.expand(len(inputs[0]))
        logits = network.model.forward_from(list(inputs), lengths) / network.loaded.calibration.temperature
        rest = [at for at in range(logits.shape[1]) if at != 3]
        return logits[:, 3] - logits[:, rest].logsumexp(1)

    ends, starts = network.model.inputs(ids, length), network.model.inputs(blank, length)
    inputs, baselines = (tuple(each.detach() for each in side) for side in (ends, starts))
    by_part = IntegratedGradients(odds).attribute(inputs, baselines, n_steps=500, method="gausslegendre")
    total = torch.zeros(ids.shape[1], dtype=torch.double)
    for pieces, part in zip(by_part, network.model.parts, strict=True):
        shares = shares_of_letters(part, list(NAME), ids[0].tolist())
        total += pieces[0].sum(1).double() @ shares
    assert found.integrated_gradients == pytest.approx(total.tolist(), abs=5e-3)


def test_the_forward_pass_from_its_inputs_is_the_forward_pass(network: Predictor) -> None:
    ids = torch.tensor([network.vocabulary.encode(NAME)])
    length = torch.tensor([ids.shape[1]])
    found = network.model.forward_from(network.model.inputs(ids, length), length)
    assert found[0].tolist() == pytest.approx(network.model(ids, length)[0].tolist(), abs=1e-5)


def test_an_ngram_is_shared_by_its_letters(network: Predictor) -> None:
    for part in network.model.parts:
        if isinstance(part, NgramClassifier):
            ids = network.vocabulary.encode(NAME)
            letters = list(network.vocabulary.normalizer(NAME))
            shares = shares_of_letters(part, letters, ids)
            for piece, row in zip(part.pieces_of(letters, ids), shares, strict=True):
                held = [letter for letter, share in zip(letters, row.tolist(), strict=True) if share]
                assert piece.strip("^$") == "".join(held)
                assert float(row.sum()) == pytest.approx(1 if held else 0)


def test_against_one_label_is_the_negative_of_the_other_way_round(network: Predictor) -> None:
    one, other = (
        influence(network, NAME, "label 0", "label 5"),
        influence(network, NAME, "label 5", "label 0"),
    )
    for method in METHODS:
        assert one.of(method) == pytest.approx([-value for value in other.of(method)], abs=1e-4)


def test_shuffled_weights_make_another_picture_and_leave_the_network_as_it_was(network: Predictor) -> None:
    before = [p.clone() for p in network.model.parameters()]
    found = influence(network, NAME, randomised=True, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(before, network.model.parameters(), strict=True))
    assert found.randomised is not None
    assert found.randomised.leave_one_out != found.leave_one_out
    assert influence(network, NAME, randomised=True, seed=1) == found
    assert influence(network, NAME).agreement is None


def test_rank_correlation_is_that_of_ranks_with_ties_sharing_theirs() -> None:
    assert spearman([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert spearman([1, 2, 3], [5, 4, -3]) == pytest.approx(-1)
    # By hand: ranks 1.5 1.5 3 4 against 1 2 3 4: 1 - 6 * 0.5 / 60 without ties; with them by Pearson's formula.
    ranks = np.corrcoef([1.5, 1.5, 3, 4], [1, 2, 3, 4])[0, 1]
    assert spearman([7, 7, 8, 9], [1, 2, 3, 4]) == pytest.approx(ranks)
    assert spearman([1, 1, 1], [1, 2, 3]) is None


def test_a_label_is_not_compared_with_itself(trained: Predictor) -> None:
    with pytest.raises(DataError, match="two labels to tell apart"):
        influence(trained, "Kowalski", "Polish", "Polish")
    first = influence(trained, "Kowalski").label
    assert influence(trained, "Kowalski", against=first).label != first


def test_a_letter_alone_is_left_out_to_an_unknown_one(trained: Predictor) -> None:
    found = influence(trained, "K")
    assert found.leave_one_out == pytest.approx(found.occlusion)
    assert found.leave_one_out[0] == pytest.approx(found.logit - found.reference, abs=1e-5)
    assert math.isfinite(sum(found.integrated_gradients))
