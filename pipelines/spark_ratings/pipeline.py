"""The graph whose ratings a Spark processing job selects."""

from pipelines.sdk import session
from pipelines.sdk.processing import SparkScript
from pipelines.sdk.session import Build
from pipelines.target import Target

from . import graph, settings

SOURCES = (graph.MODEL_SOURCE, graph.SPARK_SOURCE)


def definition(target: Target, sources: graph.Sources) -> str:
    """Builds the definition, whose steps run the code in `sources`."""
    return graph.build_definition(target, sources, _select)


def _select(build: Build, sources: graph.Sources, parameters: graph.Parameters) -> graph.Selection:
    image = session.image_uri(build, *settings.SPARK_IMAGE, **settings.SPARK_IMAGE_DETAILS)
    program = SparkScript(image, sources[graph.SPARK_SOURCE], settings.ENVIRONMENT)
    return graph.processing_selection(build, program, parameters)
