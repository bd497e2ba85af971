"""How the site is built: python -m sphinx -W --keep-going -b html docs docs/_build/html."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_ext")]
os.environ.setdefault("MPLBACKEND", "Agg")
# Examples are small: several BLAS threads would wait for each other on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import skdeep  # noqa: E402

project = "skdeep"
author = copyright = "the skdeep developers"
version = release = skdeep.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    # Our own, in _ext/.
    "api_complete",
    "estimator_tables",
    "other_projects",
    "markdown_pages",
    "whole_site",
]
exclude_patterns = ["_build", "**sg_execution_times.rst"]
templates_path = ["_templates"]
default_role = "literal"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "subsection_order": [
        "../examples/applications",
        "../examples/mlp",
        "../examples/cnn",
        "../examples/rnn",
        "../examples/attention",
        "../examples/autoencoder",
        "../examples/inspection",
        "../examples/network",
        "../examples/model_selection",
        "*",
    ],
    "filename_pattern": r"plot_",
    "doc_module": ("skdeep",),
    "backreferences_dir": "generated/backreferences",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "capture_repr": ("_repr_html_",),  # not the legend that the last line of a block returns
    "min_reported_time": 1,
    "remove_config_comments": True,
    "matplotlib_animations": False,
}
# The gallery puts functions of a module among its pickled settings.
suppress_warnings = ["config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = "skdeep"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "skdeep"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "changelog": [], "install": [], "benchmarks": []}
