"""What there is to choose about the title_embeddings pipeline; parameters override the defaults."""

from pipelines.sdk.models import Serving

# Images: framework, version, Python and purpose, see the SDK's image_uri_config for what exists.
TRAINING_IMAGE = ("mxnet", "1.9.0", "py38", "training")
INFERENCE_IMAGE = ("mxnet", "1.9.0", "py38", "inference")

PROCESSING_INSTANCE_TYPE = "ml.m5.xlarge"
TRAINING_INSTANCE_TYPE = "ml.m5.xlarge"
VOLUME_SIZE_GB = 30
MAX_RUNTIME_SECONDS = 3600

# Unchanged steps are reused for this long (ISO 8601).
CACHE_EXPIRE_AFTER = "P30D"

# Where word vectors come from: "vectors" (the files at VectorsS3Uri), "fasttext" (wiki.simple,
# downloaded by gluonnlp), "glove" (GloVe 6B out of a package), or "auto": the first of them that
# can be had, which the training job's log names.
EMBEDDING = "auto"
EMBEDDINGS = ("auto", "vectors", "fasttext", "glove")
# How many of the source's most frequent words new titles may have, besides the catalogue's.
FURTHER_WORDS = 50_000

# Every title of a catalogue up to this size is on the map; of a larger one, as many at random.
MAP_TITLES = 5000
SEED = 0

# How much more often than by chance the nearest titles must share an author or a genre.
MINIMUM_LIFT = 1.05
MODEL_PACKAGE_GROUP = "title-embeddings"
APPROVAL_STATUS = "PendingManualApproval"

# Threads that wait by spinning make t-SNE many times slower where other jobs share the machine.
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", "PYTHONUNBUFFERED": "1"}

# What training prints, and the names under which SageMaker keeps it.
METRICS = {
    "word_coverage": r"word coverage: ([0-9\.]+);",
    "title_coverage": r"title coverage: ([0-9\.]+);",
}

# A request is too small to share between threads, or to wait for one: measured, half the time.

SERVING = Serving(
    environment={
        "MXNET_ENGINE_TYPE": "NaiveEngine",
        "OMP_NUM_THREADS": "1",
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
    },
    content_types=("application/json",),
    response_types=("application/json",),
    inference_instance_types=("ml.t2.medium", "ml.m5.large", "ml.m5.xlarge", "ml.c5.large"),
    transform_instance_types=("ml.m5.large", "ml.m5.xlarge"),
)
