"""What there is to choose about the book_ratings pipeline; parameters override these defaults."""

from pipelines.sdk.models import Serving
from pipelines.sdk.training import Range, Tuning

# Images: framework and version, see the SDK's image_uri_config for what exists.
PREPARE_IMAGE = ("sklearn", "1.9-0")
MODEL_IMAGE = ("xgboost", "3.2-0")

PROCESSING_INSTANCE_TYPE = "ml.m5.xlarge"
TRAINING_INSTANCE_TYPE = "ml.m5.xlarge"
VOLUME_SIZE_GB = 30
MAX_RUNTIME_SECONDS = 3600

# Unchanged steps are reused for this long (ISO 8601).
CACHE_EXPIRE_AFTER = "P30D"

TEST_FRACTION = 0.1
VALIDATION_FRACTION = 0.1
SEED = 0

# The aim is the model's RMSE on ratings it has not seen; a lower ceiling is a harder gate.
RMSE_THRESHOLD = 0.95
MODEL_PACKAGE_GROUP = "book-ratings"
APPROVAL_STATUS = "PendingManualApproval"

# OpenMP's threads spin while they wait. Where other jobs share the machine, as on a laptop, that
# makes training ten times slower; on an instance of its own it costs nothing to sleep instead.
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", "PYTHONUNBUFFERED": "1"}

# What training takes besides the tuned hyperparameters: the same value in every job.
HYPERPARAMETERS = {"seed": str(SEED)}

# What somebody gets who tunes nothing: XGBoost's documented defaults, and its scikit-learn
# interface's for the number of rounds. Tuning has to beat them on ratings that it has not seen.
# Source: https://xgboost.readthedocs.io/en/stable/parameter.html
DEFAULT_HYPERPARAMETERS = {
    "num_round": "100",
    "eta": "0.3",
    "max_depth": "6",
    "min_child_weight": "1",
    "subsample": "1",
    "colsample_bytree": "1",
    "reg_lambda": "1",
}

# XGBoost prints them after each round; the last training has no validation channel.
METRICS = {
    "train:rmse": r"train-rmse:([0-9\.]+)",
    "validation:rmse": r"validation-rmse:([0-9\.]+)",
}

TUNING = Tuning(
    metric="validation:rmse",
    metric_regex=METRICS["validation:rmse"],
    metric_aim="Minimize",
    strategy="Bayesian",
    jobs=6,
    parallel_jobs=2,
    seed=1,
    ranges={
        "num_round": Range(100, 250),
        "eta": Range(0.03, 0.1, "Logarithmic"),
        "max_depth": Range(3, 6),
        "min_child_weight": Range(10.0, 100.0, "Logarithmic"),
        "subsample": Range(0.6, 1.0),
        "colsample_bytree": Range(0.4, 1.0),
        "reg_lambda": Range(1.0, 50.0, "Logarithmic"),
    },
)

SERVING = Serving(
    environment={
        "OMP_WAIT_POLICY": "passive",
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        # Without it the toolkit answers a request that accepts anything in JSON, also one in CSV.
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*",
    },
    content_types=("text/csv", "application/json"),
    response_types=("text/csv", "application/json"),
    inference_instance_types=("ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.c5.large"),
    transform_instance_types=("ml.m5.large", "ml.m5.xlarge"),
)
