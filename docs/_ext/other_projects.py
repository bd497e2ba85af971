"""References to other projects become links to their sites, by rule and without fetching anything.

References to names of ours that lead nowhere are warnings, so that the build fails.
"""

import re

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)
SKLEARN = "https://scikit-learn.org/stable"
NUMPY = "https://numpy.org/doc/stable/reference/generated"
PANDAS = "https://pandas.pydata.org/docs/reference/api"
#: Labels and glossary terms in docstrings that our classes inherit from scikit-learn.
SKLEARN_LABELS = {
    "aggressive_elimination": "modules/grid_search.html#aggressive-elimination",
    "cross_validation": "modules/cross_validation.html",
    "df_output_transform": "modules/df_output_transform.html",
    "metadata_routing": "metadata_routing.html",
    "multimetric_grid_search": "modules/grid_search.html#multimetric-grid-search",
    "scoring_api_overview": "modules/model_evaluation.html#scoring-api-overview",
    "scoring_callable": "modules/model_evaluation.html#scoring-callable",
    "scoring_string_names": "modules/model_evaluation.html#scoring-string-names",
    "successive_halving_cv_results": "modules/grid_search.html#successive-halving-cv-results",
}


def address(role: str, target: str) -> str | None:
    """Return where the documentation of another project's name stands, or None."""
    package, _, rest = target.partition(".")
    if role in ("meth", "attr"):
        owner = target.rpartition(".")[0]
        return f"{found}#{target}" if (found := address("class", owner)) else None
    if package == "sklearn":
        folder = "api" if role == "mod" else "modules/generated"
        return f"{SKLEARN}/{folder}/{target}.html"
    if package in ("numpy", "pandas") and rest:
        return f"{NUMPY if package == 'numpy' else PANDAS}/{target}.html"
    return None


def sklearn_label(label: str) -> str | None:
    """Return where a label of scikit-learn's user guide or gallery stands, or None."""
    if label in SKLEARN_LABELS:
        return f"{SKLEARN}/{SKLEARN_LABELS[label]}"
    example = re.fullmatch(r"sphx_glr_auto_examples_(\w+)_(plot_\w+)\.py", label)
    return f"{SKLEARN}/auto_examples/{example[1]}/{example[2]}.html" if example else None


def _resolve(app, env, node, shown):
    role, target = node.get("reftype"), node.get("reftarget", "")
    if node.get("refdomain") == "py":
        if target.startswith("skdeep"):
            logger.warning("%s leads nowhere", target, location=node, type="ref")
            return None
        found = address(role, target)
    elif node.get("refdomain") == "std" and role == "ref":
        found = sklearn_label(target)
    elif node.get("refdomain") == "std" and role == "term":
        found = f"{SKLEARN}/glossary.html#term-{target.replace(' ', '-')}"
    else:
        return None
    if found is None:
        return None
    return nodes.reference("", "", shown, internal=False, refuri=found)


def setup(app) -> dict[str, bool]:
    """Resolve what Sphinx could not."""
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
