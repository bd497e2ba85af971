"""From strings to the tokens that are counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from skdeep.data._compat import StrOptions
from skdeep.data.naming import shown

#: What mteval-v13a.pl of NIST does to western languages, in this order.
_RULES = [
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),  # punctuation, but for . , ' -
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),  # points and commas but behind a digit
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),  # ... and but before one
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),  # a dash behind a digit
]
_ENTITIES = {"&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}


def _thirteen_a(text: str) -> list[str]:
    """Return words and punctuation marks as NIST's script does."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    text = f" {text} "
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text.split()


def _characters(text: str) -> list[str]:
    """Return the characters that are no white space."""
    return list("".join(text.split()))


TOKENIZERS: dict[str, Callable[[str], Sequence[str]]] = {
    "13a": _thirteen_a,
    "char": _characters,
    "whitespace": str.split,
}
#: What the parameters of metrics may be.
TOKENIZE = [StrOptions(set(TOKENIZERS)), callable]


def tokens_of(
    sequence: Any, tokenize: str | Callable[[str], Sequence[str]], lowercase: bool
) -> Sequence[Any]:
    """Return the tokens of a string, or those that a list has."""
    if not isinstance(sequence, str):
        return [lowered(token) for token in sequence] if lowercase else sequence
    cut = TOKENIZERS[tokenize] if isinstance(tokenize, str) else tokenize
    found = cut(sequence.lower() if lowercase else sequence)
    if isinstance(found, str) or not hasattr(found, "__len__"):
        raise ValueError(f"tokenize must return a list of tokens, but returned {shown(found)}")
    return found


def lowered(token: Any) -> Any:
    """Return a token in lower case where it is a string."""
    return token.lower() if isinstance(token, str) else token
