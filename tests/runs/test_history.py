import json
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.errors import RunError
from namecls.events import EpochEnd, Finished, Progress, Stalled, Started, event_to_json
from namecls.runs import history
from namecls.runs.history import HISTORY, last_event, read_events, size_without_end
from namecls.runs.run import Run


def test_only_what_is_wanted_is_parsed(trained_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(read_events(trained_run / HISTORY))
    parsed = []
    parse = history.parse_json
    monkeypatch.setattr(history, "parse_json", lambda line: parsed.append(line) or parse(line))
    epochs = list(Run.open(trained_run).history(EpochEnd))
    assert epochs == [event for event in whole if isinstance(event, EpochEnd)]
    assert len(parsed) == len(epochs) == 3


def test_an_event_written_in_another_way_is_found_too(tmp_path: Path, trained_run: Path) -> None:
    epoch = next(read_events(trained_run / HISTORY, (EpochEnd,)))
    path = tmp_path / HISTORY
    path.write_text(json.dumps(dict(reversed(event_to_json(epoch).items()))) + "\n")
    assert list(read_events(path, (EpochEnd,))) == [epoch]
    assert list(read_events(path, (Progress,))) == []
    assert last_event(path) == epoch


@pytest.mark.parametrize("piece", [1, 7, 100, 4096, 2**20])
def test_the_last_event_is_found_from_the_end(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(history, "_PIECE", piece)
    path = tmp_path / HISTORY
    content = (trained_run / HISTORY).read_bytes()
    whole = list(read_events(trained_run / HISTORY))
    for rest in (b"", b'{"event": "prog', b'{"event": "progress"' + b"x" * 10_000):
        path.write_bytes(content + rest)
        assert last_event(path) == replace(whole[-1], directory=str(tmp_path))
        assert last_event(path, (Progress, EpochEnd)) == whole[-2]
        assert last_event(path, (Started,)) == replace(whole[0], directory=str(tmp_path))
        assert last_event(path, (Stalled,)) is None
        end = len(content.splitlines(keepends=True)[-1])
        assert size_without_end(path) == len(content) - end
        path.write_bytes(content[:-end] + rest)
        assert size_without_end(path) == len(content) - end


def test_a_history_of_nothing_has_no_last_event(tmp_path: Path) -> None:
    path = tmp_path / HISTORY
    for content in (None, b"", b'{"event"'):
        if content is not None:
            path.write_bytes(content)
        assert last_event(path, (Finished,)) is None
        assert size_without_end(path) == 0


def test_a_line_without_an_end_is_not_taken_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LONGEST_LINE", 1000)
    monkeypatch.setattr(history, "_PIECE", 100)
    path = tmp_path / HISTORY
    path.write_bytes(b"\n" + b"x" * 5000 + b"\n")
    with pytest.raises(RunError, match="at most 1,000 bytes"):
        last_event(path)
