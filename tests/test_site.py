"""What the site makes of pages and of the code; the build itself is a step of CI."""

import importlib.util
from pathlib import Path

import pytest

import skdeep

DOCS = Path(__file__).parent.parent / "docs"


def extension(name):
    """Return a module of the site's own."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", DOCS / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        (
            "[x](../examples/mlp/plot_digits_search.py)",
            "[x](/auto_examples/mlp/plot_digits_search.rst)",
        ),
        ("[`a[0]`](../examples/README.md)", "[`a[0]`](/auto_examples/index.rst)"),
        ("[x](../CHANGELOG.md#added)", "[x](/changelog.md#added)"),
        ("[tests](../tests/test_site.py)", "tests"),
        ("[here](stacking.md#a), [there](https://scikit-learn.org)", None),
        ("![picture](../examples/README.md)", None),
    ],
)
def test_links_into_the_repository_lead_to_pages_of_the_site(link, shown):
    rewritten = extension("markdown_pages").rewritten
    assert rewritten(link, DOCS / "index.md", DOCS) == (link if shown is None else shown)


def test_every_estimator_has_a_row_that_its_class_vouches_for():
    pytest.importorskip("sphinx")
    tables = extension("estimator_tables")
    found = tables.estimators()
    assert set(found) == {name for name in skdeep.__all__ if name != "register_activation"}
    ticks = {
        name: {tag for tag, asks in tables.TAGS.items() if asks(found[name])} for name in found
    }
    assert {"sample weights", "class weights", "stacks", "GPU"} <= ticks["MLPClassifier"]
    assert "sample weights" not in ticks["BernoulliRBM"]
    assert "stacks" not in ticks["SequenceEncoder"]
    places = {
        name: (tables.samples_of(one), tables.wanted_of(name, one)) for name, one in found.items()
    }
    assert places["CNNRegressor"] == ("images or signals", "a number, or several")
    assert places["AutoencoderOutlierDetector"] == ("a table", "outliers")
    assert places["RNNTagger"] == ("sequences", "a class for each step")
    assert ["images or signals", "captions", ":class:`~skdeep.ImageCaptioner`"] in (
        tables.chooser_rows()
    )


def test_links_that_lead_nowhere_are_found(tmp_path):
    pytest.importorskip("sphinx")
    (tmp_path / "a.html").write_text('<a href="b.html#there">1</a> <a href="b.html#gone">2</a>')
    (tmp_path / "b.html").write_text('<p id="there">x</p> <img src="no.png"> <a href="http://x">')
    found = extension("whole_site").broken_links(tmp_path)
    assert found == [("a.html", "b.html#gone"), ("b.html", "no.png")]
