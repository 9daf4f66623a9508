from __future__ import annotations

import json
from pathlib import Path

import pytest

from namecls.edits.edit import Edit, Edits, Reason
from namecls.edits.patch import PatchFile, describe, parse_patch, patch_of, read_patch
from namecls.errors import DataError, RunBusy

HASH = "ab" * 32
DROP = Edit.drop("Lee", "Chinese", 4)
RELABEL = Edit.relabel("Кім\u202e", "Korean", 7, "Ukrainian", Reason(by="suspects", score=0.01, model=HASH))
RENAME = Edit.rename_label("Scotish", "Scottish")


def written(path: Path) -> Edits:
    with PatchFile.open(path) as (edits, _):
        edits.add([DROP, RELABEL])
        edits.add([RENAME])
        edits.undo()
    return edits


def test_what_is_written_is_read_again_with_what_can_still_be_undone_and_done_again(tmp_path: Path) -> None:
    path = tmp_path / "names.edits.jsonl"
    edits = written(path)
    assert read_patch(path).edits == edits.in_effect == (DROP, RELABEL)
    with PatchFile.open(path) as (again, cut_off):
        assert not cut_off
        assert again.next_redo == edits.next_redo
        again.redo()
        again.undo()
        again.undo()
    assert read_patch(path).edits == ()
    assert path.read_text().count("\n") == 7  # nothing that was written is written over


def test_a_line_says_what_matched_what_was_done_why_and_when(tmp_path: Path) -> None:
    written(tmp_path / "x")
    _, second, *_ = (tmp_path / "x").read_text(encoding="utf-8").splitlines()
    assert "\u202e" not in second
    assert json.loads(second) == {
        "op": "relabel",
        "line": 7,
        "name": "Кім\u202e",
        "label": "Korean",
        "to": "Ukrainian",
        "why": "suspects",
        "score": 0.01,
        "model": HASH,
        "when": RELABEL.when,
        "step": 1,
        "of": 2,
    }


def test_wherever_a_crash_cuts_a_file_no_step_is_half_there_and_none_before_it_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x"
    written(path)
    content = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(content) if byte == 10]
    states: dict[int, tuple[Edit, ...]] = {0: (), ends[1]: (DROP, RELABEL), ends[2]: (DROP, RELABEL, RENAME)}
    for size in [size for size in range(len(content)) if size != ends[0]]:
        patch = parse_patch(content[:size], "x")
        whole = max(end for end in states if end <= size)
        assert patch.edits == states[whole]
        assert bool(patch.cut_off) == (size not in states)
        assert patch.content == content[:whole]
    path.write_bytes(content[: ends[1] - 3])
    with PatchFile.open(path) as (edits, cut_off):
        assert "line 1 on, was cut off" in cut_off
        edits.add([RENAME])
    assert read_patch(path).edits == (RENAME,)


def test_lines_that_a_review_took_out_or_put_in_are_gone_and_there(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with PatchFile.open(path) as (edits, _):
        edits.add([DROP, RELABEL])
        edits.add([RENAME])
    lines = path.read_text().splitlines()
    by_hand = '{"op": "drop", "name": "Kim", "label": "Korean", "line": 9}'
    path.write_text(f"{lines[0]}\n\n{by_hand}\n")
    assert read_patch(path).edits == (DROP, Edit(op="drop", name="Kim", label="Korean", line=9, when=""))


def test_two_processes_do_not_write_to_one_file(tmp_path: Path) -> None:
    with PatchFile.open(tmp_path / "x"), pytest.raises(RunBusy, match="another process"):
        PatchFile.open(tmp_path / "x").__enter__()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[]", "found a list"),
        (b"{", "Expecting"),
        (b"\xff", "utf-8"),
        (b"[" * 40_000, "32,768 bytes"),
        (b'{"undo": 2}', "expected step 1, the last that is in effect"),
        (b'{"redo": 1}', "expected step none, the last that is undone"),
        (b'{"undo": 1, "redo": 2}', "stands alone"),
        (b'{"undo": true}', "number from 1"),
        (b'{"op": "drop", "op": "keep"}', "key twice"),
        (b'{"op": "drop"}', "lacks 'label'"),
        (
            b'{"op": "drop", "label": "x", "name": "y", "line": 1, "sudo": 1}',
            "'sudo'; was it made by a newer",
        ),
        (b'{"op": "drop", "label": "x", "name": "y", "line": 1e3}', "line must be"),
        (b'{"op": "drop", "label": "x", "name": "y", "line": 1, "step": 0}', "step must be"),
        (b'{"op": "drop", "label": {}, "name": "y", "line": 1}', "label must be"),
        (b'{"op": {}, "label": "x", "name": "y", "line": 1}', "must be one of"),
        (b'{"op": "drop", "label": "x", "name": "y", "line": 1, "score": NaN}', "NaN"),
        (b'{"op": "drop", "label": "x", "name": "y", "line": 1, "why": []}', "why must be"),
    ],
)
def test_what_is_no_edit_is_an_error_that_names_the_line(line: bytes, message: str) -> None:
    good = b'{"op": "drop", "label": "x", "name": "y", "line": 1, "when": ""}\n'
    with pytest.raises(DataError, match=message) as caught:
        parse_patch(good + line + b"\n" + good.replace(b'"when"', b'"step": 9, "when"'), "some.edits.jsonl")
    assert "some.edits.jsonl, line 2: expected an edit" in str(caught.value)


def test_steps_out_of_order_are_an_error() -> None:
    line = '{"op": "drop", "label": "x", "name": "y", "line": 1, "step": %d}\n'
    with pytest.raises(DataError, match="must be above 2"):
        parse_patch((line % 2 + line % 1).encode(), "x")


def test_a_file_of_edits_is_no_link_and_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(DataError, match="a link"):
        read_patch(tmp_path / "link")
    with pytest.raises(DataError, match="No such file"):
        read_patch(tmp_path / "none")


def test_edits_are_told_in_a_line() -> None:
    assert describe([DROP, RELABEL, RELABEL]) == "2 relabelled, 1 dropped"
    assert describe(()) == "no edits"
    assert parse_patch(patch_of([DROP, RENAME], "x").content, "x").edits == (DROP, RENAME)
