"""What is done with the whole site when it stands: `llms.txt`, and a walk along all its links."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)
INTRODUCTION = """\
# skdeep

> Neural networks that are scikit-learn estimators (install `scikit-deep`, import `skdeep`):
> for tables, images, signals, sequences and texts, with labels or without, on NumPy and, on an
> NVIDIA GPU, on CuPy.

Each line is one page of this site, relative to this file.
"""
#: Headings of llms.txt by how the names of pages begin; the first that fits is taken.
SECTIONS = {
    "Tutorial": ("tutorial/", "auto_examples/tutorial/"),
    "Examples": ("auto_examples/",),
    "API": ("api/", "generated/"),
    "User guide": ("user_guide/", "stacking"),
    "How to": ("how_to/",),
    "More": ("",),
}
ORDER = ("Tutorial", "User guide", "How to", "Examples", "API", "More")


def first_words(page: nodes.document) -> str:
    """Return the first sentence of a page that is not in a table or a note."""
    for paragraph in page.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document | nodes.definition):
            break
        if type(paragraph.parent).__name__ == "desc_content":
            break
    else:
        return ""
    text = " ".join(paragraph.astext().split())
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def _write_llms(app) -> None:
    lines: dict[str, list[str]] = {section: [] for section in ORDER}
    for name in sorted(app.env.found_docs):
        title = app.env.titles[name].astext()
        section = next(s for s, heads in SECTIONS.items() if name.startswith(heads))
        words = first_words(app.env.get_doctree(name))
        line = f"- [{title}]({app.builder.get_target_uri(name)})"
        lines[section].append(f"{line}: {words}" if words else line)
    parts = [f"## {section}\n\n" + "\n".join(found) for section, found in lines.items() if found]
    text = "\n\n".join([INTRODUCTION.rstrip(), *parts]) + "\n"
    Path(app.outdir, "llms.txt").write_text(text, "utf-8")


class _Links(HTMLParser):
    """The links of a page, and the names that links may lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.names: set[str] = {"", "top"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value and tag != "link":
                self.links.add(value)
            elif name in ("id", "name") and value:
                self.names.add(value)


def broken_links(root: Path) -> list[tuple[str, str]]:
    """Return (page, link) of each link inside a site that leads nowhere."""
    pages = {}
    for path in root.rglob("*.html"):
        if "_static" in path.parts:  # templates of the theme
            continue
        pages[path] = _Links()
        pages[path].feed(path.read_text("utf-8"))
    found = []
    for path, page in sorted(pages.items()):
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = pages[target].names if target in pages else {""}
            if not target.is_file() or (target in pages and parts.fragment not in there):
                found.append((str(path.relative_to(root)), link))
    return found


def _finish(app, error) -> None:
    if error is not None or app.builder.name != "html":
        return
    _write_llms(app)
    for page, link in broken_links(Path(app.outdir).resolve()):
        logger.warning("%s links to %s, which is not there", page, link)


def setup(app) -> dict[str, bool]:
    """Act when the site is built."""
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
