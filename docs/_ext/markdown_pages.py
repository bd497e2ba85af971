"""Markdown pages, which are read on GitHub and as tests too, as the site shows them.

Links into the repository lead to the pages that the site has of it. On GitHub a page links to
`../examples/mlp/plot_digits_search.py`; here that is the example's page in the gallery. What the
site has no page for, such as a test, stays as text.
"""

import re
from pathlib import Path

#: Inline links, without pictures and web addresses.
LINK = re.compile(
    r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|mailto:|#|/)([^)\s#]+)(#[^)\s]*)?\)"
)
PAGES = {
    "README.md": "/index.md",
    "CHANGELOG.md": "/changelog.md",
    "examples": "/auto_examples/index.rst",
    "examples/README.md": "/auto_examples/index.rst",
}


def site_page(path: Path, root: Path) -> str | None:
    """Return the source of the page for a file of the repository, or None where there is none."""
    inside = path.relative_to(root).as_posix()
    if inside in PAGES:
        return PAGES[inside]
    found = re.fullmatch(r"examples/(\w+/plot_\w+)\.py", inside)
    return f"/auto_examples/{found[1]}.rst" if found else None


def rewritten(text: str, page: Path, docs: Path) -> str:
    """Return a page's source with its links out of `docs` changed to pages of the site."""

    def change(link: re.Match[str]) -> str:
        words, path, anchor = link[1], (page.parent / link[2]).resolve(), link[3] or ""
        if path.is_relative_to(docs) or not path.is_relative_to(docs.parent):
            return link[0]
        target = site_page(path, docs.parent)
        return words if target is None else f"[{words}]({target}{anchor})"

    return LINK.sub(change, text)


def _read(app, name, source) -> None:
    page = Path(app.env.doc2path(name))
    if page.suffix == ".md":
        # A doctest ends with an empty line, which no reader needs to see.
        text = re.sub(r"\n\n+```$", "\n```", source[0], flags=re.MULTILINE)
        source[0] = rewritten(text, page, Path(app.srcdir).resolve())


def setup(app) -> dict[str, bool]:
    """Change each page as it is read."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
