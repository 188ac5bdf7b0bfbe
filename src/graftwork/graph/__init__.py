"""Graphs as values: schemas, single graphs, packed graphs. Nothing here imports torch.

The tensor side (:class:`~graftwork.graph.batch.GraphBatch`) lives in ``graftwork.graph.batch``
so that chemistry worker processes start without loading torch.
"""

from graftwork.graph.pack import PackedGraphs
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.graph.types import Graph

__all__ = ["CategoricalColumn", "FeatureSchema", "Graph", "PackedGraphs"]
