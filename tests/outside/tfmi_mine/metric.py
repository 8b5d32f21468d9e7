"""A metric: how far the codes of test images are spread."""

import numpy as np


def spread(codes, factors, test_codes, test_factors, seed):
    """Mean deviation of a dimension."""
    return {"spread": float(np.std(test_codes, axis=0).mean())}
