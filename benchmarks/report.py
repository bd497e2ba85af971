"""Turn measured values into paired ratios, Markdown tables and JSON."""

import json
import os
import platform

import numpy as np

UNITS = {
    "training": ("ms/epoch", 1e3),
    "sparse training": ("ms/epoch", 1e3),
    "prediction": ("ms", 1e3),
    "one-row prediction": ("us", 1e6),
    "memory": ("MiB", 2**-20),
    "import": ("s", 1.0),
}


def quartiles(values):
    """Return the quartiles and the median of values as a dict."""
    q1, median, q3 = np.percentile(values, [25, 50, 75])
    return {"median": float(median), "q1": float(q1), "q3": float(q3)}


def compare(values, scale=1.0):
    """Summarise the values of every side, and their paired ratios to the first side's.

    Parameters
    ----------
    values : dict of str to list of float
        Values of each side, one for each round; the first side is the reference.
    scale : float, default=1.0
        Factor on the values.

    Returns
    -------
    dict
        ``reference``, ``pairs``, ``sides`` (quartiles and raw values) and ``ratios`` (quartiles
        of side / reference: above 1 the reference is faster, or smaller).
    """
    if not values:
        raise SystemExit("no side could be started")
    arrays = {side: scale * np.asarray(raw) for side, raw in values.items()}
    reference, base = next(iter(arrays.items()))
    return {
        "reference": reference,
        "pairs": len(base),
        "sides": {s: {**quartiles(a), "values": a.tolist()} for s, a in arrays.items()},
        "ratios": {s: quartiles(a / base) for s, a in arrays.items() if s != reference},
    }


def markdown(records):
    """Return one Markdown table for every part among the records."""
    groups = {}
    for record in records:
        groups.setdefault((record["part"], record["reference"]), []).append(record)
    return "\n\n".join(_table(*key, group) for key, group in groups.items())


def _table(part, reference, records):
    unit, factor = UNITS[part]
    others = list(dict.fromkeys(side for record in records for side in record["ratios"]))
    share = part == "training"
    header = ["case", "dtype", "threads", f"{reference}, {unit}", *["share of gemm rate"] * share]
    header += [f"{side} / {reference}" for side in others]
    rows = []
    for record in records:
        base = record["sides"][reference]
        row = [record["case"], record["dtype"], str(record["threads"])]
        row += [f"{factor * base['median']:.3g}"]
        row += [f"{base['gemm_share']:.0%}"] if share else []
        rows.append(row + [_ratio(record["ratios"].get(side)) for side in others])
    return f"### {part}\n\n{table(header, rows)}"


def table(header, rows):
    """Return a Markdown table of strings."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def _ratio(ratio):
    if ratio is None:
        return ""
    return f"**{ratio['median']:.2f}** ({ratio['q1']:.2f}-{ratio['q3']:.2f})"


def line(record):
    """Say a record in one line, while the others are still being measured."""
    unit, factor = UNITS[record["part"]]
    sides = ", ".join(f"{s} {factor * v['median']:.4g}" for s, v in record["sides"].items())
    ratios = ", ".join(f"{s} {_ratio(r)}" for s, r in record["ratios"].items())
    setting = f"{record['part']}: {record['case']}, {record['dtype']}, {record['threads']} threads"
    load = record["other_load"]
    busy = "" if load is None else f"; other load {load:.1%}"
    return f"{setting}: {sides} {unit}; ratio to {record['reference']}: {ratios}{busy}"


def machine():
    """Describe the processor, and how busy it is."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            name = next(row for row in info if row.startswith("model name"))
        name = name.split(":")[1].strip()
    except (OSError, StopIteration):
        pass
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def pools(records):
    """Say once what each side ran on: versions, kernels, threads."""
    lines = []
    for record in records:
        for name, side in record["sides"].items():
            if "about" in side:
                versions = ", ".join(f"{k} {v}" for k, v in side["about"]["versions"].items())
                pools = "; ".join(sorted(side["about"]["pools"]))
                lines.append(f"- {name}, {record['threads']} threads: {versions} ({pools})")
    return "\n".join(dict.fromkeys(lines))


def write_json(path, machine, records):
    """Write all records, raw values included, with the machine they were measured on."""
    with open(path, "w") as file:
        json.dump({"machine": machine, "records": records}, file, indent=1)
        file.write("\n")
