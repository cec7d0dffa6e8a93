"""Which XGBoost runs: the recipe's locks have releases that differ in what they can do."""

import xgboost as xgb

RELEASE = tuple(int(part) for part in xgb.__version__.split(".")[:2])
