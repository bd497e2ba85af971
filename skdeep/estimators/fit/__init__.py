"""A fit as the estimator sees it: its plan, its parts, its result."""
