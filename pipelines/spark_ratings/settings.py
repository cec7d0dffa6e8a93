"""What there is to choose about the spark_ratings pipelines; parameters override these defaults."""

from pipelines.sdk.clusters import Application, Cluster, Fleet
from pipelines.sdk.models import Serving

# Images: framework and version, see the SDK's image_uri_config for what exists.
SPARK_IMAGE = ("spark", "3.5")
SPARK_IMAGE_DETAILS = {"container_version": "v1", "py_version": "py39"}
PREPARE_IMAGE = ("sklearn", "1.9-0")
MODEL_IMAGE = ("xgboost", "3.2-0")

PROCESSING_INSTANCE_TYPE = "ml.m5.xlarge"
TRAINING_INSTANCE_TYPE = "ml.m5.xlarge"
VOLUME_SIZE_GB = 30
MAX_RUNTIME_SECONDS = 3600

# Unchanged steps are reused for this long (ISO 8601).
CACHE_EXPIRE_AFTER = "P30D"

# The source chapter took 130 and 1,200 of 6 million ratings; these suit 100,000.
MIN_USER_RATINGS = 20
MIN_BOOK_RATINGS = 20

TEST_FRACTION = 0.1
VALIDATION_FRACTION = 0.1
SEED = 0

# The aim is the model's RMSE on ratings it has not seen; a lower ceiling is a harder gate.
RMSE_THRESHOLD = 0.95
MODEL_PACKAGE_GROUP = "spark-ratings"
APPROVAL_STATUS = "PendingManualApproval"

ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", "PYTHONUNBUFFERED": "1"}

# The middle of what book_ratings' tuning looks through.
HYPERPARAMETERS = {
    "seed": str(SEED),
    "num_round": "150",
    "eta": "0.05",
    "max_depth": "4",
    "min_child_weight": "30",
    "subsample": "0.8",
    "colsample_bytree": "0.7",
    "reg_lambda": "10",
}

# The id of a cluster or an application that runs already, for whom starting one takes too long.
EMR_CLUSTER_ID: str | None = None
EMR_SERVERLESS_APPLICATION_ID: str | None = None

# A cluster for this step alone, which SageMaker terminates when the step has ended, so that it
# needs no policy for that. One virtual CPU counts 1: capacity can be of many small machines or of
# few large ones, whichever EMR gets. Core machines hold the cluster's files, and so are on demand.
EMR_CLUSTER = Cluster(
    release_label="emr-7.12.0",
    fleets=(
        Fleet("MASTER", {"m5.xlarge": 1, "m6i.xlarge": 1}, on_demand=1),
        Fleet("CORE", {"r5.xlarge": 4, "r6i.xlarge": 4, "r5.2xlarge": 8}, on_demand=8),
        Fleet("TASK", {"r5.xlarge": 4, "r6i.xlarge": 4, "r5.2xlarge": 8}, on_demand=0, spot=24),
    ),
    job_flow_role="EMR_EC2_DefaultRole",
    service_role="EMR_DefaultRole",
    spark_settings={"spark.dynamicAllocation.enabled": "true"},
)
EMR_SUBMIT_OPTIONS = ("--deploy-mode", "cluster")

EMR_SERVERLESS_APPLICATION = Application(
    release_label="emr-7.12.0",
    architecture="X86_64",
    maximum_capacity={"cpu": "32 vCPU", "memory": "128 GB"},
    idle_timeout_minutes=5,
    spark_settings={"spark.dynamicAllocation.enabled": "true"},
)
EMR_SERVERLESS_SUBMIT_OPTIONS = (
    *("--conf", "spark.executor.cores=4"),
    *("--conf", "spark.executor.memory=14g"),
)
EMR_SERVERLESS_TIMEOUT_MINUTES = 60

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
