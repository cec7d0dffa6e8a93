"""The graph whose ratings an EMR cluster selects.

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
        settings.EMR_SUBMIT_OPTIONS,
    )
    step = clusters.emr_step(
        graph.SELECT,
        program,
        settings.EMR_CLUSTER_ID or settings.EMR_CLUSTER,
        clusters.logs_s3_uri(build, "emr"),
    )
    return graph.Selection(step, graph.selected_s3_uri(build))
