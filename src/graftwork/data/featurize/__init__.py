"""From a row's text to what the rest of the system needs: graphs, fingerprints, identity.

``TASKS`` lists what a worker process can be asked to do with a molecule.
"""

from graftwork.data.featurize.molecule import SCHEMAS
from graftwork.data.featurize.parse import UnusableMoleculeError, parse_molecule
from graftwork.data.featurize.tasks import TASKS, find_task

__all__ = ["SCHEMAS", "TASKS", "UnusableMoleculeError", "find_task", "parse_molecule"]
