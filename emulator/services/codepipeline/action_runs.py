"""One execution of one action, from what it is given to how it ends."""

import logging

from botocore.exceptions import ClientError

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codepipeline import action_documents as documents
from emulator.services.codepipeline.actions import PERFORM
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    Abandoned,
    ActionFailed,
    Work,
    require_made,
)
from emulator.services.codepipeline.artifacts import artifact_of
from emulator.services.codepipeline.declaration.plan import Action, Plan, Stage
from emulator.services.codepipeline.declaration.references import Unresolved, resolve
from emulator.services.codepipeline.records import (
    EXECUTION,
    action_execution_name,
    execution_name,
)
from emulator.store import Document, Missing

logger = logging.getLogger(__name__)


def run_action(
    context: Context, plan: Plan, stage: Stage, action: Action, execution: Document
) -> None:
    """Run an action, or wait on for one that only waits; its end is in its document.

    ``execution`` is as it was when the action's turn came: nothing begins if it was stopped since.
    """
    execution_id = execution["pipelineExecutionId"]
    document = documents.current(context, plan, stage, action, execution_id)
    if document is None:
        document = documents.begin(context, plan, stage, action, execution)
    if document is None:
        return
    name = action_execution_name(plan.pipeline, execution_id, document["actionExecutionId"])
    try:
        result = PERFORM[action.key](_work(context, plan, stage, action, document))
    except Abandoned:
        return
    except Missing as error:  # what it waited for; or its pipeline, and then there is none to tell
        documents.fail(context, name, JOB_FAILED, f"{error} any more")
    except (ActionFailed, Unresolved) as error:
        code = error.code if isinstance(error, ActionFailed) else CONFIGURATION_ERROR
        documents.fail(context, name, code, str(error))
    except (AwsError, ClientError) as error:
        documents.fail(context, name, CONFIGURATION_ERROR, str(error))
    except Exception as error:  # the thread's boundary: the execution would wait for ever
        logger.exception("action %s failed", name)
        documents.fail(
            context, name, documents.INTERNAL, f"The emulator failed, see its own log: {error}"
        )
    else:
        documents.succeed(context, action, name, result)


def _work(context: Context, plan: Plan, stage: Stage, action: Action, document: Document) -> Work:
    """What the action is given.

    Raises:
        Unresolved: A variable that its configuration needs has no value.
        ActionFailed: The artifact store is not there, or an artifact was not made.
    """
    execution_id = document["pipelineExecutionId"]
    execution = context.store.get(EXECUTION, execution_name(plan.pipeline, execution_id))
    if execution is None:
        raise Missing(EXECUTION, execution_id)
    if (action.inputs or action.outputs) and not context.objects.bucket_exists(plan.bucket):
        raise ActionFailed(
            CONFIGURATION_ERROR, f"The artifact store's bucket {plan.bucket!r} does not exist"
        )
    inputs = tuple(artifact_of(each) for each in document["input"]["inputArtifacts"])
    require_made(action.inputs, inputs)
    values = documents.values_of(execution)
    return Work(
        context=context,
        plan=plan,
        stage=stage.name,
        action=action,
        execution_id=execution_id,
        action_execution_id=document["actionExecutionId"],
        configuration={key: resolve(text, values) for key, text in action.configuration.items()},
        inputs=inputs,
        outputs=tuple(artifact_of(each) for each in document["_Outputs"]),
        overrides={
            each["revisionType"]: each["revisionValue"]
            for each in execution["_Overrides"]
            if each["actionName"] == action.name
        },
        revisions={each["name"]: each["revisionId"] for each in execution["artifactRevisions"]},
    )
