"""What the form of a training tells of the field in focus: a sensible range, and what more of it costs."""

from __future__ import annotations

from collections.abc import Mapping

from namecls.language import N_, _
from namecls.settings import Setting

#: By the name of the setting, marked for the catalogues; after the setting's own help, which says what it does.
ADVICE: Mapping[str, str] = {
    "network": N_("gru is good and fast; gru+ngram better, in twice the time; cnn fastest."),
    "hidden_size": N_("64 to 256; time and memory grow with its square."),
    "layers": N_("1 or 2; each takes the time of the first again, and seldom helps for names."),
    "optimizer": N_("adamw suits nearly always; sgd needs a learning rate ten times as high."),
    "learning_rate": N_(
        "0.001 to 0.02; too high and the loss jumps, too low and it takes more epochs. Costs nothing."
    ),
    "batch_size": N_(
        "64 to 512; larger is faster for each epoch, takes more memory, and wants a higher learning rate."
    ),
    "epochs": N_("6 to 20; time grows with it, early stopping ends sooner."),
    "seed": N_("Any number; 0, 1, 2 show how much is chance. Another seed is another split."),
    "bidirectional": N_("Endings and beginnings both tell; off takes half the time."),
    "input": N_("An embedding learns which letters are alike; one-hot is the tutorial's."),
    "embedding_size": N_("16 to 128; costs little."),
    "pooling": N_("concat is the safest; last alone forgets the beginning of long names."),
    "filters": N_("64 to 256; time grows with it."),
    "widest": N_("3 to 6; time grows with it."),
    "ngram_size": N_("32 to 128; memory is this times the buckets."),
    "ngram_shortest": N_("1 or 2; costs nothing."),
    "ngram_longest": N_("3 to 5; longer ones are rare and learned by heart."),
    "ngram_words": N_("Helps where whole words repeat, such as double names."),
    "ngram_hidden": N_("0, or 64 to 256; costs some time."),
    "ngram_dropout": N_("0.1 to 0.4; higher where the file is small."),
    "buckets": N_("65,536 to 1,048,576; only memory grows with it."),
    "dropout": N_("0.2 to 0.5; higher where training accuracy runs away from validation accuracy."),
    "casefold": N_("On, unless capitals mean something in your file."),
    "transliterate": N_("Off; accents are evidence. On only if the names to be asked have none."),
    "schedule": N_("onecycle gets there in the fewest epochs."),
    "weight_decay": N_("0.001 to 0.1; costs nothing."),
    "clip_norm": N_("0.5 to 5; keeps a bad batch from throwing the weights far."),
    "label_smoothing": N_("0 to 0.1; softer percentages."),
    "accent_dropout": N_(
        "0 to 0.5, if names will be typed without accents; costs a little accuracy with them."
    ),
    "cut_short": N_("0 to 0.3, if names are asked while they are typed."),
    "class_weights": N_("balanced helps rare labels and costs accuracy over all."),
    "row_weighting": N_("sqrt lies between names and people."),
    "logit_adjustment": N_("0 to 1; 1 answers as if all labels were alike."),
    "operating_point": N_("Costs nothing."),
    "deduplicate": N_("Off counts a row as often as it stands there."),
    "name_counts": N_("On; off to see the network alone."),
    "refit": N_("Takes as long again; a little better in use."),
    "patience": N_("3 to 6; a low one saves time and may stop too soon."),
    "split": N_("rows suits a list of customers. Costs nothing."),
    "report_every": N_("100 to 10,000; only how smoothly the curves move."),
    "device": N_("auto takes a GPU if there is one; for small networks the CPU is as fast."),
    "threads": N_("0; fewer leave room for other work."),
}

#: What is said of lines that are no settings, marked too.
OTHERS: Mapping[str, str] = {
    "data": N_(
        "The file of names: CSV, TSV, JSON, Parquet, or a directory; empty: the embedded names. F6 chooses it."
    ),
    "init_from": N_("Start from the weights of a trained model: fewer names suffice, and fewer epochs."),
    "watched": N_(
        "Names that are ranked after every epoch, to see them being learned; a few, separated by commas."
    ),
}


def told_of(setting: Setting) -> str:
    """What a setting does, a sensible range, and what it costs."""
    does, advice = _(setting.help).rstrip(".。"), _(ADVICE[setting.name])
    return _("{does}. {advice}").format(does=does, advice=advice)
