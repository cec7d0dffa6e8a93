"""SageMaker Metrics: values that a caller logs for a trial component.

Their summaries are in the component's Metrics; the single values are not kept, so BatchGetMetrics
is not emulated.
"""

from emulator.services.metrics.batches import OPERATIONS

__all__ = ["OPERATIONS"]
