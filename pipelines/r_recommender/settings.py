"""What there is to choose about the r_recommender pipeline; parameters override these defaults."""

from pipelines.sdk.models import Serving

# The image of the prepare step: framework and version, see the SDK's image_uri_config.
PREPARE_IMAGE = ("sklearn", "1.9-0")
# The repository in this account's ECR that steps/r_recommender/buildspec.yml pushes the R image to.
REPOSITORY = "r-recommender"

PROCESSING_INSTANCE_TYPE = "ml.m5.large"
TRAINING_INSTANCE_TYPE = "ml.m5.large"
VOLUME_SIZE_GB = 30
MAX_RUNTIME_SECONDS = 3600

# Unchanged steps are reused for this long (ISO 8601).
CACHE_EXPIRE_AFTER = "P30D"

# A fifth of the users is not trained on, and a fifth of what each of them has rated is hidden.
TEST_FRACTION = 0.2
HIDDEN_FRACTION = 0.2
SEED = 0

# Chosen on splits of other seeds than SEED. Method "cosine" with 10 neighbours, which is what
# "Hands-On Artificial Intelligence on AWS" has in its chapter 7, is worse than mere popularity.
METHOD = "cosine_all"
NEIGHBOURS = 50

# Of five recommended items, at least this share is hidden and liked.
PRECISION_THRESHOLD = 0.15
MODEL_PACKAGE_GROUP = "r-recommender"
APPROVAL_STATUS = "PendingManualApproval"

SERVING = Serving(
    environment={},
    content_types=("text/csv", "application/json"),
    response_types=("application/json", "text/csv"),
    inference_instance_types=("ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.c5.large"),
    transform_instance_types=("ml.m5.large", "ml.m5.xlarge"),
)
