"""EMR Serverless: applications, and their job runs as real spark-submit processes.

records       the documents of applications and job runs
checks        what is refused, and what the emulator cannot do
applications  operations on applications
job_runs      operations on job runs
running       one job run, from its process to its logs in S3
tags          tags of both
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.emr_serverless import applications, job_runs, tags
from emulator.services.emr_serverless.running import recover, shut_down

__all__ = ["OPERATIONS", "recover", "shut_down"]

OPERATIONS: Mapping[str, Handler] = {
    **applications.OPERATIONS,
    **job_runs.OPERATIONS,
    **tags.OPERATIONS,
}
