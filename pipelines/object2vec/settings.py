"""What there is to choose about the object2vec pipeline; parameters override these defaults."""

from pipelines.sdk.models import Serving
from pipelines.sdk.training import Range, Tuning

# Images: framework and version, see the SDK's image_uri_config for what exists.
ALGORITHM_IMAGE = ("object2vec", "1")
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
MODEL_PACKAGE_GROUP = "object2vec"
APPROVAL_STATUS = "PendingManualApproval"

ENVIRONMENT = {"PYTHONUNBUFFERED": "1"}

# What both networks have; sizes of vocabularies come from the data. One user and one item a pair.
HYPERPARAMETERS = {
    "enc0_network": "pooled_embedding",
    "enc1_network": "pooled_embedding",
    "enc0_max_seq_len": "1",
    "enc1_max_seq_len": "1",
    "output_layer": "mean_squared_error",
    # A batch has few of all users and items: it updates their rows alone.
    "token_embedding_storage_type": "row_sparse",
    "bucket_width": "0",
}

# The usual network for ratings, as it is mostly given: wide, and free to learn by heart.
UNTUNED_HYPERPARAMETERS = {
    **HYPERPARAMETERS,
    "enc_dim": "1024",
    "mlp_dim": "256",
    "mlp_layers": "1",
    "mlp_activation": "relu",
    "mini_batch_size": "64",
    "epochs": "10",
    "optimizer": "adam",
    "early_stopping_patience": "2",
    "early_stopping_tolerance": "0.01",
}

# What helps on ratings: nothing but the product of the two vectors, which cannot learn pairs by
# heart; steps that shrink for what was often seen; and an end as soon as validation gets worse.
TUNED_HYPERPARAMETERS = {
    **HYPERPARAMETERS,
    "comparator_list": "hadamard",
    "mlp_layers": "0",
    "optimizer": "adagrad",
    "mini_batch_size": "256",
    "epochs": "40",
    "early_stopping_patience": "2",
    "early_stopping_tolerance": "0.0005",
}

TUNING = Tuning(
    metric="validation:mean_squared_error",
    metric_regex=None,
    metric_aim="Minimize",
    strategy="Bayesian",
    jobs=6,
    parallel_jobs=2,
    seed=1,
    ranges={
        "learning_rate": Range(0.01, 0.03, "Logarithmic"),
        "enc_dim": Range(256, 768, "Logarithmic"),
        "dropout": Range(0.0, 0.2),
    },
)

SERVING = Serving(
    environment={"INFERENCE_PREFERRED_MODE": "classification"},
    content_types=("application/json", "application/jsonlines"),
    response_types=("application/json", "application/jsonlines"),
    inference_instance_types=("ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.c5.large"),
    transform_instance_types=("ml.m5.large", "ml.m5.xlarge"),
)
