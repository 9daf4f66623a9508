"""Text that would steer a terminal, and the search for it in what a program wrote."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from namecls.text import safe

#: What each does if a terminal gets to see it. Numbers and words are such as no program here writes itself.
PAYLOADS = {
    "colour": "\x1b[66;66;66m",
    "mode": "\x1b[?6666h",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\li\x1b]8;;\x1b\\",
    "title": "\x1b]0;owned\x1b\\",
    "DCS": "\x1bP$qm\x1b\\",
    "APC": "\x1b_Gf=24;AAAA\x1b\\",
    "8-bit CSI": "\x9b66;66m",
    "8-bit OSC": "\x9d52;c;b3duZWQ=\x9c",
    "8-bit DCS": "\x90q\x9c",
    "next line": "a\x85b",
    "controls": "a\x07b\x08c\x7fd\x0ee\x0ff",
    "return": "a\rb\nc\td\x0be\x0cf",
    "override": "\u202eabc\u202c",
    "embedding": "\u202aabc\u202b\u202d",
    "isolates": "\u2066a\u2067b\u2068c\u2069",
    "marks": "a\u200eb\u200fc\u061cd",
    "separators": "a\u2028b\u2029c",
    "tags": "a\U000e0041\U000e0042\U000e007f",
    "selectors": "a\ufe0fb\U000e0100c\u180b",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "annotation": "\ufff9a\ufffab\ufffb",
    "fillers": "a\u3164b\u115fc\uffa0d",
    "private": "a\ue000b\U0010fffdc",
    "not assigned": "a\u0378b\uffffc",
    "half a character": "a\ud800b\udc9bc",
    "many marks": "a" + "\u0301" * 40,
}

#: Sequences that Textual and Rich write: modes, colours, moves; keyboards; saving the cursor; the mouse pointer.
_OWN = re.compile(r"\x1b(?:\[[<>=?]?[0-9;:]*[ $]?[A-Za-z]|[78=>]|\(B|\]22;[a-z]+\x07)")
_OF_PAYLOADS = re.compile(r"\x1b\[(?:\?6666|66;66)")


def leaks(raw: bytes) -> list[str]:
    """What stands in a program's output that should not: the payloads, or pieces of them.

    All that is not UTF-8 counts, since a terminal may read it as 8-bit controls.
    """
    text = raw.decode("utf-8", "surrogateescape")
    found = [f"payload {piece!r}" for piece in _OF_PAYLOADS.findall(text)]
    for line in re.split(r"[\r\n]+", _OWN.sub("", text)):
        if "\x1b" in line:
            at = line.index("\x1b")
            found.append(f"escape {line[at : at + 20]!r}")
        found += [
            f"{character!r} in {line[:60]!r}"
            for character in sorted(set(line) - {"\x1b", "\t"})
            if not _is_harmless(character)
        ]
        if "\u0301" * 3 in line:
            found.append("a pile of marks")
    return list(dict.fromkeys(found))


def _is_harmless(character: str) -> bool:
    base = {"M": "a", "L": "\u1100"}.get(
        unicodedata.category(character)[0], ""
    )  # it may need one to stand on
    return safe(base + character) == base + character


def names(payload: str) -> str:
    """A payload between letters that a model knows."""
    return f"Bor{payload}ski"


@dataclass(frozen=True)
class HostilePlace:
    """A directory in which every name that a file system takes is hostile, and so is what the files hold."""

    root: Path
    rows: Path  # JSON lines, whose names and labels are payloads
    bad: Path  # lines that can't be used, some of them not UTF-8
    runs: Path  # a run whose files tell payloads, finished, and damaged ones

    @property
    def arguments(self) -> tuple[str, ...]:
        return ("--data", str(self.rows), "--save-dir", str(self.runs))


def hostile_place(root: Path, trained_run: Path) -> HostilePlace:
    """Make one; `trained_run` is the directory of a finished run to begin with."""
    inner = root / file_name("colour", "override")
    inner.mkdir()
    for kind in PAYLOADS:
        (inner / f"{file_name(kind)}.tsv").write_text("Borski\tPolish\nTomyan\tArmenian\n", encoding="utf-8")
    (inner / "a\udc9b66;66m\udc90b.tsv").mkdir()  # not UTF-8
    rows = inner / f"{file_name('clipboard')}.jsonl"
    with rows.open("w", encoding="utf-8") as file:
        for number, (kind, payload) in enumerate(PAYLOADS.items()):
            for stem in ("Bor", "Tom", "Bor", "Jan", "Dav", "Zor"):
                row = {"name": f"{stem}{payload}ski{kind}", "label": f"La{payload}bel {number % 5}"}
                file.write(json.dumps(row) + "\n")
        file.write(json.dumps({"name": names(PAYLOADS["colour"]), "label": "Polish"}) + "\n")
    bad = inner / f"{file_name('link')}.tsv"
    with bad.open("wb") as file:
        file.write(b"Borski\tPolish\nTomyan\tArmenian\n")
        file.writelines(b"%s%s\t%s\n" % (stem, end, label) for stem in (b"Bor", b"Dav", b"Jan", b"Kar", b"Lev", b"Mar")
                        for end, label in ((b"ski", b"Polish"), (b"yan", b"Armenian")))  # fmt: skip
        file.writelines(
            b"Bor%dski\tPolish\n" % number for number in range(200)
        )  # of few bad lines, not a bad encoding
        for payload in PAYLOADS.values():
            if "\n" not in payload:
                file.write(b"only" + payload.encode("utf-8", "surrogatepass") + b"\n")
        file.write(b"a\x9b66;66mb\tPolish\n")
    runs = inner / file_name("title")
    runs.mkdir()
    for kind in PAYLOADS:
        told = runs / file_name(kind)
        shutil.copytree(trained_run, told, ignore=shutil.ignore_patterns("MANIFEST.json", "metrics.json"))
        record = json.loads((told / "config.json").read_text(encoding="utf-8"))
        record["created"] = record["data"]["file"] = f"da{PAYLOADS[kind]}ta"
        if kind in ("mode", "override"):
            record["train"]["model"]["network"] = PAYLOADS[kind]
        (told / "config.json").write_text(json.dumps(record), encoding="utf-8")
    return HostilePlace(root, rows, bad, runs)


def file_name(*kinds: str) -> str:
    """A name that a file system takes, with payloads in it."""
    text = "".join(PAYLOADS[kind] for kind in kinds)
    kept = text.replace("/", "").encode("utf-8", "ignore").decode("utf-8")
    return f"fi{kept}le"
