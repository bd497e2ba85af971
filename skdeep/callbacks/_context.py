"""Names and keys of tasks in scikit-learn's tree of callback contexts."""

from __future__ import annotations

from typing import Any

#: The run and the numbers of the tasks from its root down to one.
TaskKey = tuple[Any, tuple[int, ...]]


def ancestors(context: Any) -> list[Any]:
    """Return the contexts from the root of the run down to `context`."""
    above = [] if context.parent is None else ancestors(context.parent)
    return [*above, context]


def task_key(context: Any) -> TaskKey:
    """Return what tells this task from all others, in this process and in the workers.

    Callbacks keep what belongs to one fit under this key, since clones of an estimator share
    their callbacks.
    """
    return context.root_uuid, tuple(task.task_id for task in ancestors(context))


def task_name(context: Any) -> str:
    """Return the numbers of the tasks from the root down, such as "0.0.3.1"."""
    return ".".join(map(str, task_key(context)[1]))


def is_one_of_several(context: Any) -> bool:
    """Say whether this is a fit of many in one call, as of a search; its last one, too."""
    return any(not task.sequential_subtasks for task in ancestors(context)[0])
