"""The networks and the stages. Importing this registers them with Keras."""

from tfmi.models.dot_networks import PairScores
from tfmi.models.exclusive import ExclusiveModel
from tfmi.models.flow import Reordering
from tfmi.models.independent import IndependentModel
from tfmi.models.layers import FusedAdam
from tfmi.models.layers import MapNormalization
from tfmi.models.quantization import FiniteScalarQuantization
from tfmi.models.shared import SharedModel

__all__ = [
    "ExclusiveModel",
    "FiniteScalarQuantization",
    "FusedAdam",
    "IndependentModel",
    "MapNormalization",
    "PairScores",
    "Reordering",
    "SharedModel",
]
