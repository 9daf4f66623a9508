"""ONNX against the product

The shipped model as an ONNX file, and its answers by onnxruntime against those of the network itself for made-up names
of every length from 1 to 256, in batches of padded names and one by one: the largest difference of a probability. With
weights of 8 bits: on its own test rows, for how many the first label stays the same.
"""

from __future__ import annotations

import numpy as np
import onnxruntime

from bench.lines import Line, Options, at_least, at_most
from namecls.data.batching import NameDataset
from namecls.nn.model import logits_of
from namecls.paths import packaged_model
from namecls.portable.written import LONGEST, TOLERANCE, answered, export_onnx, made_up_names
from namecls.runs.loading import load_model
from namecls.runs.run import Run
from namecls.training.protocol import recorded_splits

TOPIC = "onnx"
NAMES = 10_000
SAME = 0.99


def run(options: Options) -> list[Line]:
    loaded = load_model(packaged_model())
    names = made_up_names(loaded.vocabulary, each=options.size(1, -(-NAMES // LONGEST)))
    names = names[:: options.size(8, 1)]
    expected = loaded.calibration.probabilities(
        logits_of(loaded.model, NameDataset(names, [0] * len(names), loaded.vocabulary))
    ).numpy()
    done = export_onnx(loaded, names=names[:8])
    session = onnxruntime.InferenceSession(done.content)
    together = answered(session, loaded.vocabulary, names)
    alone = np.concatenate([answered(session, loaded.vocabulary, [name]) for name in names])
    lines = [
        at_most(
            TOPIC, f"{what}, largest difference", float(np.abs(found - expected).max()), TOLERANCE, "", note
        )
        for what, found, note in (
            ("in batches", together, f"{len(names):,} names"),
            ("one by one", alone, f"{len(done.content) / 1e6:.1f} MB"),
        )
    ]
    test = list(recorded_splits(Run(packaged_model())).test.names)[:: options.size(50, 1)]
    small = export_onnx(loaded, int8=True, names=test)
    size = f"{len(small.content) / 1e6:.1f} MB"
    note = f"{small.names:,} test names; {size}; a probability differs by {small.difference:.1g}"
    share = 100 * small.same_first
    return [*lines, at_least(TOPIC, "8 bits: the same first label", share, 100 * SAME, "%", note)]
