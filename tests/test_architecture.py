"""What holds for the package as a whole."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

import graftwork
from graftwork.data import featurize, sources, splits
from graftwork.evaluation import baselines, peers
from graftwork.metrics import METRICS, registry
from graftwork.nn import conv, pooling

SOURCE = Path(graftwork.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))


def test_every_public_name_resolves_is_documented_and_has_one_home():
    assert set(graftwork.__all__) == set(graftwork._HOME)
    assert graftwork.__all__ == sorted(graftwork.__all__)
    for name in graftwork.__all__:
        found = getattr(graftwork, name)
        assert found.__module__ == graftwork._HOME[name]
        assert inspect.getdoc(found), name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = graftwork.nonsense


def modules_under(package):
    names = [info.name for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    return [package, *(importlib.import_module(name) for name in names)]


def concrete_classes(package, base):
    """Return the concrete subclasses of ``base`` that are defined under ``package``."""
    return {
        value
        for module in modules_under(package)
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, base)
        and value is not base
        and value.__module__.startswith(package.__name__)
        and not inspect.isabstract(value)
        and not value.__name__.startswith("_")
    }


SEAMS = ("OBJECTIVES", "CONVS", "POOLINGS", "SOURCES", "BASELINES", "PEERS")


def seams():
    from graftwork import objectives

    return {
        "OBJECTIVES": (objectives, objectives.OBJECTIVES, objectives.Objective),
        "CONVS": (conv, conv.CONVS, nn.Module),
        "POOLINGS": (pooling, pooling.POOLINGS, nn.Module),
        "SOURCES": (sources, sources.SOURCES, sources.Source),
        "BASELINES": (baselines, baselines.BASELINES, baselines.Baseline),
        "PEERS": (peers, peers.PEERS, peers.Peer),
    }


@pytest.mark.parametrize(
    "seam", ["OBJECTIVES", "CONVS", "POOLINGS", "SOURCES", "BASELINES", "PEERS"]
)
def test_every_concrete_class_is_listed_exported_and_documented(seam):
    package, listed, base = seams()[seam]
    found = concrete_classes(package, base)
    assert found
    composed = {package.JointObjective} if seam == "OBJECTIVES" else set()  # made of listed ones
    assert found == set(listed.values()) | composed
    assert seam in package.__all__
    for cls in found:
        assert cls.__name__ in package.__all__
        assert getattr(package, cls.__name__) is cls
        assert cls.__doc__, cls  # its own, not inherited
        assert len(cls.__doc__.strip()) > 15, cls
    assert all(name == name.lower() and " " not in name for name in listed)


@pytest.mark.parametrize(
    "seam", ["OBJECTIVES", "CONVS", "POOLINGS", "SOURCES", "BASELINES", "PEERS"]
)
def test_every_listed_class_or_its_name_occurs_in_a_test(seam):
    tests = Path(__file__).parent
    text = "\n".join(
        p.read_text() for p in tests.rglob("test_*.py") if p.name != Path(__file__).name
    )
    for name, cls in seams()[seam][1].items():
        assert seam in text or cls.__name__ in text or f'"{name}"' in text, name


def test_every_split_function_is_listed_and_documented():
    found = {
        value
        for module in modules_under(splits)
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and name.endswith("_split")
        and name not in ("make_split", "sorted_split")
    }
    assert found == set(splits.SPLITS.values())
    assert all(inspect.getdoc(function) for function in found)
    assert "SPLITS" in splits.__all__


def test_every_metric_is_listed_under_its_own_name_with_a_kind_and_documented():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert inspect.getdoc(metric.function), name
    groups = (registry.CLASSIFICATION, registry.MULTICLASS, registry.REGRESSION)
    assert sorted(name for names in groups for name in names) == sorted(METRICS)
    for module, names in (
        (registry.classification, registry.CLASSIFICATION),
        (registry.multiclass, registry.MULTICLASS),
        (registry.regression, registry.REGRESSION),
    ):
        public = {
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value)
            and value.__module__ == module.__name__
            and not name.startswith(("_", "undefined"))
        }
        assert public == set(names)


def test_every_task_of_the_chemistry_workers_travels_without_loss():
    schema = featurize.SCHEMAS["default"]
    texts = ["CCO", "c1ccccc1C[C@H](N)C(=O)O"]
    assert "TASKS" in featurize.__all__
    for name, task in featurize.TASKS.items():
        results = [task.run(text, schema) for text in texts]
        found = task.decode(task.encode(results, schema))
        if name == "graph":
            second = task.decode(task.encode(results[1:], schema))
            assert found.node_ptr.tolist() == [0, 3, 3 + len(second.node_cat)]
            assert (found.node_cat[3:] == second.node_cat).all()
        elif name in ("described", "molecule"):
            described = found if name == "described" else found[1]
            counted = [r if name == "described" else r[1] for r in results]
            for position, counts in enumerate(described.ids):
                lengths = [len(one.counts[position]) for one in counted]
                assert described.lengths[counts].tolist() == lengths
                expected = [item for one in counted for item in one.counts[position].items()]
                ids, values = described.ids[counts].tolist(), described.counts[counts].tolist()
                assert list(zip(ids, values, strict=True)) == expected
            assert described.descriptors.tolist() == [
                pytest.approx(one.descriptors, rel=1e-6) for one in counted
            ]
            assert name == "described" or found[0].node_ptr.tolist()[1] == 3
        else:
            assert found == results


FORBIDDEN_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {"torch.load", "torch.save", "eval", "exec", "os.system", "numpy.load", "np.load"}


def dotted(node):
    """Return ``a.b.c`` of an attribute chain."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


ALLOWED = {"nn/legacy.py": ["torch.load"]}
"""What reads foreign checkpoints, with PyTorch's restricted unpickler."""


def offences(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)]
        elif isinstance(node, ast.Call):
            if dotted(node.func) in FORBIDDEN_CALLS:
                yield dotted(node.func)
            if any(k.arg == "allow_pickle" for k in node.keywords):
                yield "allow_pickle"
            continue
        else:
            continue
        for name in names:
            if name.split(".")[0] in FORBIDDEN_MODULES or name in FORBIDDEN_CALLS:
                yield name


def test_nothing_in_the_package_unpickles_or_evaluates():
    assert len(FILES) > 80
    found = {
        str(path.relative_to(SOURCE)): list(offences(ast.parse(path.read_text()))) for path in FILES
    }
    assert {name: what for name, what in found.items() if what} == ALLOWED


def test_the_importer_of_checkpoints_reads_weights_only():
    calls = [
        node
        for node in ast.walk(ast.parse((SOURCE / "nn" / "legacy.py").read_text()))
        if isinstance(node, ast.Call) and dotted(node.func) == "torch.load"
    ]
    assert len(calls) == 1
    flags = {keyword.arg: keyword.value for keyword in calls[0].keywords}
    assert isinstance(flags["weights_only"], ast.Constant)
    assert flags["weights_only"].value is True


@pytest.mark.parametrize(
    "text",
    [
        "import torch\ntorch.load('x')",
        "from torch import load",
        "import pickle",
        "from joblib import load",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "eval('1')",
    ],
)
def test_the_search_for_unpickling_finds_it(text):
    assert list(offences(ast.parse(text)))


@pytest.mark.parametrize(
    "statement",
    [
        "import graftwork",
        "import graftwork; dir(graftwork); graftwork.__version__",
        "import graftwork.data.worker",
        "from graftwork import InputError, FeatureSchema, Graph",
        "import graftwork.cli",
    ],
)
def test_light_imports_stay_light(statement):
    """Chemistry workers, help texts and scripts that only need an error start without torch."""
    heavy = "{'torch', 'lightning_fabric', 'sklearn', 'matplotlib', 'tensorboard'}"
    code = f"import sys; {statement}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_module_has_a_docstring_and_no_file_is_long():
    for path in FILES:
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), path
        assert len(text.splitlines()) < 400, path
