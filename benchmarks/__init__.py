"""Side-by-side benchmarks, run by hand: see ``README.md`` in this folder."""
