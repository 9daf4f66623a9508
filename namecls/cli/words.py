"""Words of the library that tables show in the language of this process, marked for the catalogues.

They stand in files and JSON, and are compared: there they are English.
"""

from __future__ import annotations

from namecls.language import N_

WORDS = (
    # of runs
    N_("finished"),
    N_("unfinished"),
    N_("running"),
    N_("trial"),
    N_("diverged"),
    N_("damaged"),
    # of trials
    N_("completed"),
    N_("pruned"),
    N_("cut short"),
    N_("failed"),
    # of files
    N_("as written"),
    N_("differs"),
    N_("missing"),
    N_("can't be read"),
    # of two runs, neither of which is right
    N_("neither"),
    # of a training, a search, and of how alike pictures are
    N_("stopped"),
    N_("stopped early"),
    N_("alike"),
    N_("unlike"),
    N_("too short"),
    # of names that are not answered
    N_("no letters"),
    N_("unknown script"),
    N_("unknown letters"),
    N_("too uncertain"),
    N_("too little known"),
    # of spellings
    N_("lower case"),
    N_("upper case"),
    N_("no accents"),
    N_("last word first"),
    N_("half typed"),
    # of the sides of a split
    N_("train"),
    N_("valid"),
    N_("test"),
    N_("training"),
    N_("validation"),
)
