"""The documentation: short sentences and pages, links that lead somewhere, names of the code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = ("skdeep", "tests", "examples")
#: A sentence with more words is long, and at most one in `ONE_IN` may be.
MANY_WORDS, ONE_IN = 35, 100
#: Dots that end no sentence.
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|et al|vs|Fig|[A-Z])\.(?=\s)")


def without_code(text):
    """Return a page without code blocks and comments."""
    return re.sub(r"(?ms)^ *```.*?^ *```|<!--.*?-->", "", text)


def sentences(text):
    """Return the sentences of a page's prose: no code, tables, headings; list items apart."""
    text = re.sub(r"(?m)^ *(\||#).*$", "\n", without_code(text))
    text = re.sub(r"\]\([^)]*\)", "]", text)  # a link is its words
    text = re.sub(r"`[^`]*`", "code", text)
    text = ABBREVIATIONS.sub(r"\1", text)
    paragraphs = re.split(r"\n\s*\n|(?m:^ *(?:[-*]|\d+\.) )", text)
    ends = (re.split(r"(?<=[.!?])[*)\"]*\s+", paragraph.strip()) for paragraph in paragraphs)
    return [sentence for paragraph in ends for sentence in paragraph if sentence]


def anchors(page):
    """Return the names by which links reach the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.*)$", without_code(page.read_text("utf-8")))
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {word.strip().replace(" ", "-") for word in words}


def test_sentences_are_told_apart():
    text = "# Title\nOne `a. b` here. Two (Fawaz et al. 2019)\nlines.\n\n- four\n- five\n\n| x |\n"
    assert [len(sentence.split()) for sentence in sentences(text)] == [3, 6, 1, 1]
    assert sentences("```\nNo. Prose.\n```\nSome.") == ["Some."]


def test_few_sentences_are_long():
    found = [(page, one) for page in PAGES for one in sentences(page.read_text("utf-8"))]
    long = [(page, one) for page, one in found if len(one.split()) > MANY_WORDS]
    listed = "\n".join(f"{page.relative_to(ROOT)}: {one}" for page, one in long)
    assert len(long) * ONE_IN <= len(found), listed


def test_pages_of_internals_are_short():
    lines = {page: len(page.read_text("utf-8").splitlines()) for page in PAGES}
    internals = {page.name: n for page, n in lines.items() if page.parent.name == "internals"}
    assert len(internals) > 10
    assert {name: n for name, n in internals.items() if n > 120} == {}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text("utf-8")))
    for link in links:
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_what_internals_name_is_in_the_code():
    files = [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]
    texts = [path.read_text("utf-8") for path in [*files, ROOT / "pyproject.toml"]]
    words = {"BaseSearchCV", "pyproject", "toml"}.union(*(re.findall(r"\w+", t) for t in texts))
    for page in (ROOT / "docs" / "internals").glob("*.md"):
        for said in re.findall(r"`([^`\n]+)`", without_code(page.read_text("utf-8"))):
            if file := re.match(r"[\w/]+\.py\b", said):
                assert any(path.as_posix().endswith(f"/{file[0]}") for path in files), (page, said)
            else:
                unknown = set(re.findall(r"[A-Za-z_]\w{2,}", said)) - words
                assert not unknown, (page.name, unknown)


def test_the_readme_quotes_the_table_of_benchmarks():
    def ranges(text):
        return set(re.findall(r"\d+(?:\.\d+)? to \d+(?:\.\d+)?", text))

    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    table = page[: page.index("- **Machine:**")]
    compared = (ROOT / "README.md").read_text("utf-8").partition("## Beside the others")[2]
    quoted = ranges(compared.partition("\n## ")[0])
    assert len(quoted) >= 3
    assert quoted <= ranges(table)
