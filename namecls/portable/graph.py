"""A graph of ONNX, written node by node."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from namecls.extras import needed

#: The set of operators: the first with xor of whole numbers, so that old runtimes read the graph too.
OPSET = 18
#: The version of the file's format that belongs to it.
_IR = 8


class Graph:
    """Nodes and constants; every method returns the name of what it adds.

    :param int8: whether weights are stored as 8-bit integers, each row with a scale of its own. What is computed with
        them is computed in single precision.
    """

    def __init__(self, *, int8: bool = False) -> None:
        self._onnx = needed("onnx", "onnx")
        self._int8 = int8
        self._nodes: list[Any] = []
        self._stored: dict[str, Any] = {}
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._names = (f"v{number}" for number in count())

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """A node of one output; an input that is left out is ``""``."""
        return self.nodes(operator, *inputs, outputs=1, **attributes)[0]

    def nodes(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """A node of several outputs."""
        names = [next(self._names) for _ in range(outputs)]
        self._nodes.append(self._onnx.helper.make_node(operator, inputs, names, **attributes))
        return names

    def constant(self, values: Any, kind: Any = np.int64) -> str:
        """Numbers that are the same for every name, each stored once."""
        array = np.ascontiguousarray(values, dtype=kind).reshape(np.shape(values))
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = next(self._names)
            self._stored[self._known[key]] = self._onnx.numpy_helper.from_array(array, self._known[key])
        return self._known[key]

    def weight(self, values: NDArray[np.float32]) -> str:
        """A matrix of weights, or several."""
        if not self._int8:
            return self.constant(values, np.float32)
        rows, scales = _rounded(values.reshape(-1, values.shape[-1]))
        restored = self.node(
            "DequantizeLinear", self.constant(rows, np.int8), self.constant(scales, np.float32), axis=0
        )
        return self.node("Reshape", restored, self.constant(values.shape))

    def rows(self, table: NDArray[np.float32], ids: str) -> str:
        """Rows of a table of weights. *Shape:* ids (...) -> (..., width)"""
        if not self._int8:
            return self.node("Gather", self.constant(table, np.float32), ids)
        rows, scales = _rounded(table)
        found = self.node("Gather", self.constant(rows, np.int8), ids)
        scale = self.node("Gather", self.constant(scales[:, None], np.float32), ids)
        return self.node("Mul", self.as_float(found), scale)

    def as_float(self, values: str) -> str:
        """The same numbers in single precision."""
        return self.cast(values, "FLOAT")

    def cast(self, values: str, kind: str) -> str:
        """The same numbers as another kind, called as ONNX calls it."""
        return self.node("Cast", values, to=getattr(self._onnx.TensorProto, kind))

    def slice(self, values: str, axis: int, start: int, end: str | int) -> str:
        """A slice along one axis."""
        stop = end if isinstance(end, str) else self.constant([end])
        return self.node("Slice", values, self.constant([start]), stop, self.constant([axis]))

    def scan(self, state: str, steps: str, advance: Callable[[Graph, str, str], str]) -> str:
        """A state that is made anew for each column of a matrix of whole numbers; all of its values, side by side.

        *Shape:* state (rows,), steps (rows, columns) -> (rows, columns)

        :param advance: adds to a graph what makes the next state of the last one and a column.
        """
        body = Graph()
        body._names = self._names
        names = [next(self._names) for _ in range(4)]
        last, column, new, told = names
        made = advance(body, last, column)
        for name in (new, told):
            body.name_output(made, name)
        kind: dict[str, tuple[str, list[Any]]] = dict.fromkeys(names, ("INT64", ["rows"]))
        inner = body._graph("step", {n: kind[n] for n in (last, column)}, {n: kind[n] for n in (new, told)})
        axes = {"scan_input_axes": [1], "scan_output_axes": [1]}
        return self.nodes("Scan", state, steps, outputs=2, body=inner, num_scan_inputs=1, **axes)[1]

    def model(
        self,
        inputs: dict[str, tuple[str, list[Any]]],
        outputs: dict[str, tuple[str, list[Any]]],
        metadata: dict[str, str],
        version: str,
    ) -> bytes:
        """The file.

        :param inputs: kinds and shapes by name; so are `outputs`, each the name of what is to be told.
        """
        helper = self._onnx.helper
        model = helper.make_model(
            self._graph("namecls", inputs, outputs),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=_IR,
            producer_name="namecls",
            producer_version=version,
        )
        helper.set_model_props(model, metadata)
        self._onnx.checker.check_model(model)
        written: bytes = model.SerializeToString()
        return written

    def name_output(self, values: str, name: str) -> str:
        """Give a name to what the graph tells."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [values], [name]))
        return name

    def _graph(
        self, name: str, inputs: dict[str, tuple[str, list[Any]]], outputs: dict[str, tuple[str, list[Any]]]
    ) -> Any:
        def told(values: dict[str, tuple[str, list[Any]]]) -> list[Any]:
            kinds = self._onnx.TensorProto
            make = self._onnx.helper.make_tensor_value_info
            return [make(name, getattr(kinds, kind), shape) for name, (kind, shape) in values.items()]

        return self._onnx.helper.make_graph(
            self._nodes, name, told(inputs), told(outputs), initializer=list(self._stored.values())
        )


def _rounded(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as integers from -127 to 127, and by what each row is multiplied to have it back."""
    largest = np.abs(matrix).max(1)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales
