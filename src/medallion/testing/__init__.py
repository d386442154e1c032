"""For tests of pipelines and plugins: try a step on a few rows, and suites that prove a plugin's contract."""

from medallion.testing.steps import Outcome, apply_transform, violations

__all__ = ["Outcome", "apply_transform", "violations"]
