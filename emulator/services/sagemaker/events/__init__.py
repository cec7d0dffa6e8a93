"""SageMaker's events, as EventBridge gets them.

``details``         how resources are told in an event: times, tags, members
``observing``       an observer of the store as a rule of what is told, and when
``jobs``            training, processing, transform and tuning jobs
``registry``        model packages
``hosting``         models, endpoint configs, endpoints and their deployments
``executions``      pipeline executions and their steps

Observers of the store: an event is kept in the transaction of the change that it tells of. While
no rule listens, nothing is read or written.

Source: "Events that Amazon SageMaker AI sends to Amazon EventBridge" of the developer guide. It has
no example of a model's and an endpoint config's events: their members are those of events recorded
in public repositories (awslabs/mlspace).
"""

from emulator.services.sagemaker.events import executions, hosting, jobs, registry
from emulator.services.sagemaker.events.observing import Observer

OBSERVERS: tuple[tuple[str, Observer], ...] = (
    *jobs.OBSERVERS,
    *registry.OBSERVERS,
    *hosting.OBSERVERS,
    *executions.OBSERVERS,
)
