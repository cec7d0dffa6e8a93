"""The graph whose ratings one machine selects without Spark; the same rows."""

from pipelines.sdk import session
from pipelines.sdk.jobs import Script
from pipelines.sdk.session import Build
from pipelines.target import Target

from . import graph, settings

SOURCES = (graph.MODEL_SOURCE, graph.POLARS_SOURCE)


def definition(target: Target, sources: graph.Sources) -> str:
    """Builds the definition, whose steps run the code in `sources`."""
    return graph.build_definition(target, sources, _select)


def _select(build: Build, sources: graph.Sources, parameters: graph.Parameters) -> graph.Selection:
    image = session.image_uri(build, *settings.PREPARE_IMAGE)
    source = sources[graph.POLARS_SOURCE]
    program = Script(image, source, "prepare_polars.py", settings.ENVIRONMENT)
    return graph.processing_selection(build, program, parameters)
