"""The kinds of problems with a table, as they are called, what is said where there is none, and of those that
edits have dealt with."""

from __future__ import annotations

from namecls.data.browse import Kind
from namecls.data.handled import Handled
from namecls.language import N_

TITLES: dict[Kind, str] = {
    "bad lines": N_("unusable lines"),
    "duplicates": N_("duplicates"),
    "several labels": N_("several labels"),
    "doubts": N_("labels in doubt"),
    "near, labels differ": N_("near, labels differ"),
    "near, one label": N_("near, one label"),
    "unlike": N_("unlike all others"),
}
NONE: dict[Kind, str] = {
    "bad lines": N_("Every line of the file could be used."),
    "duplicates": N_("No name stands twice under the same label."),
    "several labels": N_("Every name stands under one label."),
    "doubts": N_("No two labels look alike, and all have names enough."),
    "near, labels differ": N_("No two names under different labels are nearly the same."),
    "near, one label": N_("No two names under one label are nearly the same."),
    "unlike": N_("No row is unlike all others."),
}
HANDLED: dict[Handled, str] = {"mended": N_("mended"), "kept": N_("kept")}
