"""Collect the texts that people are shown, and compile their catalogues: `python scripts/messages.py`.

For each language with a folder in ``namecls/locale`` three catalogues are brought up to date: ``app`` (the texts of
tui/), ``cli`` (of namecls/cli) and ``library`` (of the rest of namecls/). Help is marked nowhere: that of the commands
is taken from their table, titles and help of the settings from theirs. Texts that are new stand there without a
translation, those that are gone are dropped, and the .mo files that the program reads are made. Nothing is guessed: a
changed text is a new one.

    python scripts/messages.py --new de_DE    begins a language
    python scripts/messages.py --from FILE    fills what is not translated from another .po file, as after a merge
    python scripts/messages.py --untranslated lists what is missing, and changes nothing
"""

from __future__ import annotations

import argparse
import ast
import functools
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "namecls" / "locale"
DOMAINS = ("app", "cli", "library")
#: Also what takes texts in the command line: the titles of its tables, and counts.
OF_CLI = {"Column": None, "counted": (2, 3)}
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
#: Calls that mark arguments of theirs by being what they are: label and help of a key.
TABLES = {"Key": (2, 3)}


def sources(domain: str) -> Iterator[Path]:
    """The modules whose texts stand in a catalogue."""
    top = {"app": ROOT / "tui", "cli": ROOT / "namecls" / "cli", "library": ROOT / "namecls"}[domain]
    for path in sorted(top.rglob("*.py")):
        if domain != "library" or ROOT / "namecls" / "cli" not in path.parents:
            yield path


def collected(domain: str) -> Catalog:
    """The texts of a domain, without translations."""
    found = Catalog(domain=domain)
    for path in sources(domain):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for _line, text, comments, context in extract_from_file(
            "python", path, KEYWORDS | (OF_CLI if domain == "cli" else {}), ["For translators:"]
        ):
            found.add(text, auto_comments=comments, context=context)
        for text, context in marked_texts(tree, KEYWORDS | (OF_CLI if domain == "cli" else {})):
            found.add(text, context=context)
        for text in texts_of_tables(tree):
            found.add(text)
    for text in {"app": (), "cli": help_texts(), "library": setting_texts()}[domain]:
        found.add(text)
    return found


@functools.cache
def setting_texts() -> frozenset[str]:
    """The texts of the settings and the presets."""
    from namecls.config import PRESETS, SETTINGS

    said = {text for told in SETTINGS.values() for text in (told.title, told.help, told.group)}
    return frozenset(said | {preset.summary for preset in PRESETS.values()})


@functools.cache
def help_texts() -> frozenset[str]:
    """The texts of the help of all commands, without those of the settings."""
    from typer.main import get_command

    from namecls.cli.app import FIRST, build
    from namecls.cli.help import part_of, texts_of

    found, waiting = set(texts_of(FIRST)), [get_command(build())]
    while waiting:
        command: Any = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        found |= set(texts_of(command.help or ""))
        if hasattr(command, "summary"):
            found |= {command.summary(name) for name in command.commands}
        for option in command.params:
            said = [option.help, option.rich_help_panel, option.show_default]
            found |= {part_of(text) for text in said if isinstance(text, str)}
    return frozenset(found - setting_texts() - {""})


def marked_texts(
    tree: ast.AST, keywords: dict[str, Any]
) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """The marked texts with their contexts: also those that babel skips, in f-strings and in one another."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords):
            continue
        said: list[str] = []
        context = None
        for place in keywords[node.func.id] or (1,):
            at, is_context = (place[0], True) if isinstance(place, tuple) else (place, False)
            entry = node.args[at - 1] if at <= len(node.args) else None
            if not (isinstance(entry, ast.Constant) and isinstance(entry.value, str) and entry.value):
                break
            if is_context:
                context = entry.value
            else:
                said.append(entry.value)
        else:
            yield (said[0] if len(said) == 1 else tuple(said)), context


def texts_of_tables(tree: ast.AST) -> Iterator[str]:
    """The texts of calls that mark them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for place in TABLES.get(node.func.id, ()):
                entry = node.args[place] if place < len(node.args) else None
                if isinstance(entry, ast.Constant) and isinstance(entry.value, str) and entry.value:
                    yield entry.value


def catalogue_file(language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def languages() -> list[str]:
    return sorted(place.parent.name for place in LOCALE.glob("*/LC_MESSAGES"))


def kept(path: Path, language: str) -> Catalog:
    """A catalogue as it stands in its file; an empty one where there is none."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(language: str, domain: str, others: list[Catalog]) -> Catalog:
    """The catalogue with the texts that the code has now: translated as before, or as in the others, or not at all."""
    known = [kept(catalogue_file(language, domain), language), *others]
    made = Catalog(locale=Locale.parse(language), project="namecls", charset="utf-8", fuzzy=False)
    for message in collected(domain):
        if not message.id:
            continue
        old = next((m for c in known if (m := c.get(message.id, message.context)) and is_translated(m)), None)
        made.add(
            message.id, old.string if old else None, auto_comments=message.auto_comments,
            context=message.context, user_comments=old.user_comments if old else (), flags=message.flags,
        )  # fmt: skip
    return made


def is_translated(message: Message) -> bool:
    """Whether a text has a translation, in each of its plural forms."""
    forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
    return bool(forms) and all(forms)


def po_bytes(catalogue: Catalog) -> bytes:
    """A catalogue as its .po file has it: no dates, no line numbers, in the order of the texts."""
    out = io.BytesIO()
    write_po(out, catalogue, width=0, sort_output=True, omit_header=True, no_location=True)
    lines = [
        "# The texts of namecls in another language. Texts and translations only: scripts/messages.py does the rest.",
        'msgid ""',
        'msgstr ""',
        *(f'"{key}: {value}\\n"' for key, value in _headers(catalogue).items()),
        "",
        "",
    ]
    return "\n".join(lines).encode() + out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """A catalogue as the program reads it: what is translated, and nothing that changes from day to day."""
    told = Catalog(locale=catalogue.locale, charset="utf-8")
    told.creation_date = told.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    for message in catalogue:
        if message.id and is_translated(message):
            told.add(message.id, message.string, context=message.context)
    out = io.BytesIO()
    write_mo(out, told)
    return out.getvalue()


def _headers(catalogue: Catalog) -> dict[str, str]:
    return {
        "Language": str(catalogue.locale),
        "Plural-Forms": catalogue.plural_forms,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--new", metavar="LANGUAGE", help="a language to begin, such as de_DE")
    parser.add_argument("--from", dest="others", metavar="FILE", type=Path, action="append", default=[])
    parser.add_argument("--untranslated", action="store_true")
    asked = parser.parse_args(arguments)
    for language in [asked.new] if asked.new else languages():
        others = [kept(path, language) for path in asked.others]
        for domain in DOMAINS:
            catalogue = brought_up_to_date(language, domain, others)
            missing = [m for m in catalogue if m.id and not is_translated(m)]
            if asked.untranslated:
                for message in missing:
                    print(f"{language} {domain}: {message.id!r}")
                continue
            path = catalogue_file(language, domain)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(po_bytes(catalogue))
            path.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
            print(f"{language} {domain}: {len(catalogue)} texts, {len(missing)} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
