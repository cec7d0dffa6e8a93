"""Invoke: a Lambda function, and the job by which it answers."""

from emulator.services.codepipeline.actions.lambda_jobs import Question, ask
from emulator.services.codepipeline.actions.work import Result, Work
from emulator.services.codepipeline.records import ACTION_EXECUTION, IN_PROGRESS


def perform(work: Work) -> Result:
    """Ask the function, and give what it says."""

    def is_wanted() -> bool:
        action = work.context.store.get(ACTION_EXECUTION, work.name)
        return action is not None and action["status"] == IN_PROGRESS

    answer = ask(
        Question(
            work.context,
            work.configuration,
            work.inputs,
            work.outputs,
            work.plan.encryption_key,
            is_wanted,
        )
    )
    details = answer.get("executionDetails", {})
    if "externalExecutionId" in details:
        work.report(externalExecutionId=details["externalExecutionId"])
    return Result(summary=details.get("summary", ""), variables=answer.get("outputVariables", {}))
