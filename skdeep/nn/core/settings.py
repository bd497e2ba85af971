"""Settings of layers: what their constructors took, and layers with others.

A layer is never changed. A search that tries another width makes another layer, of the same
arguments but for one. ``"0__units"`` is a path: layer 0 of a list, and its argument `units`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import Parameter, signature
from typing import Any

from skdeep.nn.core.layer import Layer
from skdeep.nn.losses import Loss


def settings(layer: Layer) -> dict[str, Any]:
    """Return the arguments that make a layer like this one, by name.

    Raises
    ------
    TypeError
        If the layer's constructor keeps an argument under another name, or takes any number of
        arguments.
    """
    result = {}
    for name, given in signature(type(layer)).parameters.items():
        if given.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            raise TypeError(f"{type(layer).__name__} takes *{name}: name each argument of a layer")
        if not hasattr(layer, name):
            raise TypeError(
                f"{type(layer).__name__} takes {name!r}, but has no attribute of that name: keep "
                "what the constructor of a layer takes, as self.<name>"
            )
        result[name] = getattr(layer, name)
    return result


def replaced(layer: Layer, **changes: Any) -> Layer:
    """Return a new layer that differs from this one in these arguments."""
    known = settings(layer)
    unknown = sorted(changes.keys() - known.keys())
    if unknown:
        raise ValueError(
            f"{type(layer).__name__} has no parameter {unknown[0]!r}; it has {sorted(known)}"
        )
    return type(layer)(**known | changes)


def paths(name: str, layers: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Give each layer of a list, and all that its arguments are, by ``name__index__argument``.

    A layer with a name is there by its name, too.
    """
    for k, layer in enumerate(layers):
        keys = [str(k)]
        if isinstance(layer, Layer) and layer.name and not layer.name.isdigit():
            keys.append(layer.name)
        for key in keys:
            yield f"{name}__{key}", layer
            if isinstance(layer, Layer):
                yield from _inside(f"{name}__{key}", layer)


def _inside(path: str, layer: Layer) -> Iterator[tuple[str, Any]]:
    for name, value in settings(layer).items():
        yield f"{path}__{name}", value
        if isinstance(value, Layer):
            yield from _inside(f"{path}__{name}", value)
        elif _are_layers(value):
            yield from paths(f"{path}__{name}", value)


def with_setting(layers: Sequence[Any], path: str, value: Any) -> Sequence[Any]:
    """Return layers, in a list or a tuple as they came, with another value at a path.

    Raises
    ------
    ValueError
        If the path leads nowhere; the message says where it ends.
    """
    key, _, rest = path.partition("__")
    k = _index(layers, key)
    new = value if not rest else _with(layers[k], rest, value)
    result = [*layers]
    result[k] = new
    return tuple(result) if isinstance(layers, tuple) else result


def _with(layer: Any, path: str, value: Any) -> Layer:
    if not isinstance(layer, Layer):
        raise ValueError(f"{layer!r} is no layer and has no parameters")
    name, _, rest = path.partition("__")
    if rest:
        inner: Any = settings(layer).get(name)
        if isinstance(inner, Layer):
            value = _with(inner, rest, value)
        elif _are_layers(inner):
            value = with_setting(inner, rest, value)
        else:
            raise ValueError(f"{name!r} of {layer!r} holds no layers")
    return replaced(layer, **{name: value})


def _index(layers: Sequence[Any], key: str) -> int:
    """Return the number of the layer that a number or a name stands for."""
    if key.isdigit() and int(key) < len(layers):
        return int(key)
    for k, layer in enumerate(layers):
        if getattr(layer, "name", None) == key:
            return k
    names = [getattr(layer, "name", None) for layer in layers]
    named = f" and {[name for name in names if name]}" if any(names) else ""
    raise ValueError(f"there is no layer {key!r}; there are 0 to {len(layers) - 1}{named}")


def _are_layers(value: Any) -> bool:
    several = isinstance(value, tuple | list) and bool(value)
    return several and all(isinstance(one, Layer) for one in value)


def stacking_form(value: Layer | Loss) -> list[Any]:
    """Return what must be equal in layers, or losses, of one stack, apart from layers inside."""
    kind = type(value)
    fixed = {k: v for k, v in vars(value).items() if k not in value.per_model}
    return [f"{kind.__module__}.{kind.__qualname__}", fixed]
