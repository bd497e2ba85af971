"""Tables of the estimators that are read from the code: `estimator-tags` and `estimator-chooser`.

What an estimator can do is asked of its class: the parameters of `fit`, its methods, scikit-learn's
tags, and the rule by which our searches train candidates as one stacked network.
"""

import inspect

from docutils import nodes
from sklearn.utils import get_tags
from sphinx.util.docutils import SphinxDirective

import skdeep
from skdeep.model_selection._tasks import stackable

#: What `_input.name` of an estimator says about its samples.
DATA = {
    "rows": "a table",
    "images": "images or signals",
    "sequences": "sequences",
    "arrays": "any of these",
    "pairs": "texts or lists of tokens",
}
COLUMNS = "a table with text and gaps"
FEW_LABELS = "a table, few samples of it labelled"
#: Samples that no tag tells, by name.
PICTURES = {"ImageResizer": DATA["images"]}
#: Outputs that no single tag tells, by name.
SPECIAL = {
    "ImageCaptioner": "captions",
    "ImageResizer": "images of one size",
    "RNNTagger": "a class for each step",
    "RNNForecaster": "the next values",
    "RNNGenerator": "more of the same, likelihoods",
    "Seq2SeqTranslator": "another sequence",
    "SequenceEncoder": "tokens of texts",
    "SequenceScaler": "standardized channels",
    "MuLawEncoder": "tokens of waves",
}


def estimators():
    """Return the public estimators by name, each with its default parameters."""
    classes = {name: getattr(skdeep, name) for name in skdeep.__all__}
    found = {name: cls for name, cls in classes.items() if isinstance(cls, type)}
    return {name: _default(cls) for name, cls in found.items()}


def _default(cls):
    """Return an estimator; those of listed layers need a list."""
    needs = [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD
    ]
    return cls(**{name: [] for name in needs})


def samples_of(estimator):
    """Return what the samples of an estimator are."""
    if (name := type(estimator).__name__) in PICTURES:
        return PICTURES[name]
    if _takes(estimator.fit, "X_unlabeled"):
        return FEW_LABELS
    kind = getattr(estimator, "_input", None)
    if kind is not None:
        return DATA[kind.name]
    tags = get_tags(estimator).input_tags
    if tags.categorical:
        return COLUMNS
    if tags.string:
        return "texts"
    return "sequences" if tags.three_d_array else "a table"


def wanted_of(name, estimator):
    """Return what an estimator gives."""
    if name in SPECIAL:
        return SPECIAL[name]
    kind = get_tags(estimator).estimator_type
    if kind == "classifier":
        return "a class"
    if kind == "regressor":
        return "a number, or several"
    if kind == "outlier_detector":
        return "outliers"
    return "features, new samples" if hasattr(estimator, "sample") else "features"


def _takes(method, parameter):
    return parameter in inspect.signature(method).parameters


#: The columns of ticks: a heading, and a question to an estimator.
TAGS = {
    "sample weights": lambda e: _takes(e.fit, "sample_weight"),
    "class weights": lambda e: "class_weight" in e.get_params(),
    "missing values": lambda e: get_tags(e).input_tags.allow_nan,
    "sparse X": lambda e: get_tags(e).input_tags.sparse,
    "several outputs": lambda e: bool(get_tags(e).target_tags.multi_output),
    "``partial_fit``": lambda e: hasattr(e, "partial_fit"),
    "validation data": lambda e: _takes(e.fit, "X_val"),
    "stacks": stackable,
    "GPU": lambda e: "device" in e.get_params(),
}


class EstimatorTags(SphinxDirective):
    """A table of all estimators: their samples, what they give, and ticks."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        rows = [["estimator", "samples", *TAGS]]
        for name, estimator in estimators().items():
            ticks = ["✓" if asks(estimator) else "" for asks in TAGS.values()]
            rows.append([_reference(name), samples_of(estimator), *ticks])
        return _table(self, rows, "estimator-tags")


class EstimatorChooser(SphinxDirective):
    """A table of what you have by what you want, filled with estimators."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return _table(self, chooser_rows(), "estimator-chooser")


def chooser_rows():
    """Return the heading and the rows of the chooser, by what you have."""
    cells: dict[tuple[str, str], list[str]] = {}
    for name, estimator in estimators().items():
        place = samples_of(estimator), wanted_of(name, estimator)
        cells.setdefault(place, []).append(_reference(name))
    order = ["a table", COLUMNS, FEW_LABELS, *DATA.values(), "texts"]
    found = sorted(cells, key=lambda place: (order.index(place[0]), place[1]))
    return [
        ["you have", "you want", "use"],
        *([*place, ", ".join(cells[place])] for place in found),
    ]


def _reference(name):
    return f":class:`~skdeep.{name}`"


def _table(directive, rows, kind):
    """Return a table, as of the directive list-table."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :class: {kind}", ""]
    for row in rows:
        lines += [f"   {'  -' if k else '* -'} {cell}".rstrip() for k, cell in enumerate(row)]
    return directive.parse_text_to_nodes("\n".join(lines))


def setup(app) -> dict[str, bool]:
    """Add the directives."""
    app.add_directive("estimator-tags", EstimatorTags)
    app.add_directive("estimator-chooser", EstimatorChooser)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
