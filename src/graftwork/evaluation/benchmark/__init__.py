"""Data sets x models x strategies x seeds: run, compare, correct, and say it in a table."""

from graftwork.evaluation.benchmark.data_sets import data_specs
from graftwork.evaluation.benchmark.data_spec import DataSpec, Reading, with_budgets
from graftwork.evaluation.benchmark.holm import holm
from graftwork.evaluation.benchmark.model_spec import ModelSpec
from graftwork.evaluation.benchmark.models import models_named
from graftwork.evaluation.benchmark.plan import Cell, plan
from graftwork.evaluation.benchmark.run import BenchmarkRun, run_benchmark
from graftwork.evaluation.benchmark.settings import BenchmarkConfig, benchmark_config

__all__ = [
    "BenchmarkConfig",
    "BenchmarkRun",
    "Cell",
    "DataSpec",
    "ModelSpec",
    "Reading",
    "benchmark_config",
    "data_specs",
    "holm",
    "models_named",
    "plan",
    "run_benchmark",
    "with_budgets",
]
