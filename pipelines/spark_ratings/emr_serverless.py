"""The graph whose ratings a job run on EMR Serverless selects.

The step is not reused: the address that it writes to is among its arguments, and each execution
has its own.
"""

from pipelines.sdk import clusters
from pipelines.sdk.clusters import SparkSubmit
from pipelines.sdk.session import Build
from pipelines.target import Target

from . import graph, settings

SOURCES = (graph.MODEL_SOURCE, graph.SPARK_SOURCE)


def definition(target: Target, sources: graph.Sources) -> str:
    """Builds the definition, whose steps run the code in `sources`."""
    return graph.build_definition(target, sources, _select)


def _select(build: Build, sources: graph.Sources, parameters: graph.Parameters) -> graph.Selection:
    program = SparkSubmit(
        sources[graph.SPARK_SOURCE].s3_uri,
        graph.cluster_arguments(build, parameters),
        settings.EMR_SERVERLESS_SUBMIT_OPTIONS,
    )
    step = clusters.emr_serverless_step(
        build,
        graph.SELECT,
        program,
        settings.EMR_SERVERLESS_APPLICATION_ID or settings.EMR_SERVERLESS_APPLICATION,
        log_s3_uri=clusters.logs_s3_uri(build, "emr-serverless"),
        timeout_minutes=settings.EMR_SERVERLESS_TIMEOUT_MINUTES,
    )
    return graph.Selection(step, graph.selected_s3_uri(build))
