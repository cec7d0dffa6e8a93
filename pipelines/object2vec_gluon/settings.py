"""What there is to choose about the object2vec_gluon pipeline; parameters override these."""

from pipelines.sdk.models import Serving

# Images: framework and version, for MXNet also Python and scope.
TRAINING_IMAGE = ("mxnet", "1.9.0", "py38", "training")
INFERENCE_IMAGE = ("mxnet", "1.9.0", "py38", "inference")
SCRIPT_IMAGE = ("sklearn", "1.9-0")

PROCESSING_INSTANCE_TYPE = "ml.m5.xlarge"
TRAINING_INSTANCE_TYPE = "ml.m5.2xlarge"
TRANSFORM_INSTANCE_TYPE = "ml.m5.xlarge"
VOLUME_SIZE_GB = 30
MAX_RUNTIME_SECONDS = 7200

# Unchanged steps are reused for this long (ISO 8601).
CACHE_EXPIRE_AFTER = "P30D"

TEST_FRACTION = 0.1
VALIDATION_FRACTION = 0.05
SEED = 0

# The aim is the mean squared error of ratings that the model has not seen; a lower ceiling is a
# harder gate.
MSE_THRESHOLD = 0.95
MODEL_PACKAGE_GROUP = "object2vec-gluon"
APPROVAL_STATUS = "PendingManualApproval"

# OpenMP's threads spin while they wait. Where other jobs share the machine, as on a laptop, that
# makes training slow; on an instance of its own it costs nothing to sleep instead.
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", "PYTHONUNBUFFERED": "1"}

# train.py says what else there is, and its defaults.
HYPERPARAMETERS = {
    "enc_dim": "512",
    "comparators": "hadamard",
    "mlp_layers": "0",
    "optimizer": "adagrad",
    "learning_rate": "0.015",
    "batch_size": "256",
    "seed": str(SEED),
}
METRICS = {"validation:mean_squared_error": r"validation-mse: ([0-9.]+)"}

SERVING = Serving(
    environment={
        "OMP_WAIT_POLICY": "passive",
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
    },
    content_types=("application/json", "application/jsonlines"),
    response_types=("application/json", "application/jsonlines"),
    inference_instance_types=("ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.c5.large"),
    transform_instance_types=("ml.m5.large", "ml.m5.xlarge"),
)
