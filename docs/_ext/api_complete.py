"""Each public name must stand in the API reference; one that does not is a warning."""

from importlib import import_module

from sphinx.util import logging

logger = logging.getLogger(__name__)
#: The public modules, and whose names they hold.
MODULES = (
    "skdeep",
    "skdeep.callbacks",
    "skdeep.inspection",
    "skdeep.metrics",
    "skdeep.model_selection",
    "skdeep.nn",
    "skdeep.testing",
)


def _check(app, env) -> None:
    documented = env.get_domain("py").objects
    for module in MODULES:
        for name in import_module(module).__all__:
            if f"{module}.{name}" not in documented:
                logger.warning("%s.%s is public and not in docs/api/index.rst", module, name)


def setup(app) -> dict[str, bool]:
    """Check when all pages are read."""
    app.connect("env-check-consistency", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
