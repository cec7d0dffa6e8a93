"""CodePipeline: pipelines of V1 and V2, run as they are declared.

declaration        what is wrong with a declaration, and the plan that it is
pipelines          operations on pipelines
starting           how executions start: by whom, with which variables and revisions
pushes             branches that move and start executions
s3_polling         objects that change and start executions
executions         operations on executions: read, list, stop, retry
lifecycle          the transitions of an execution, with their events
retries            a stage that is taken again
rollbacks          which execution a stage can go back to
conditions         the conditions of stages: what they engage
overrides          OverrideStageCondition
rules              what each rule of a condition checks
rule_executions    one execution of one rule, and their history
condition_states   conditions in GetPipelineState
gates              who may enter a stage: superseded, queued or parallel
flow               an execution's thread
action_runs        one execution of one action
action_documents   its document: begun, ended, and what later actions get of it
actions            what each kind of action does
artifacts          zip objects in the artifact store
action_executions  the history of actions
histories          how histories are listed
together           what is done at the same time
state              GetPipelineState and the transitions between stages
approvals          answers to manual approvals
jobs               answers of Lambda functions
notices            events to EventBridge
tags               tags of pipelines
records            the documents, and how they are found

Rule: what an execution is and may do next is in the store alone; its thread can be started again
from there at any time.
"""

from collections.abc import Mapping

from emulator.context import Context, Handler
from emulator.services.codepipeline import (
    action_executions,
    approvals,
    executions,
    flow,
    jobs,
    overrides,
    pipelines,
    pushes,
    rule_executions,
    s3_polling,
    starting,
    state,
    tags,
)

__all__ = ["OBSERVERS", "OPERATIONS", "recover"]

OPERATIONS: Mapping[str, Handler] = {
    **pipelines.OPERATIONS,
    **starting.OPERATIONS,
    **executions.OPERATIONS,
    **action_executions.OPERATIONS,
    **overrides.OPERATIONS,
    **rule_executions.OPERATIONS,
    **state.OPERATIONS,
    **approvals.OPERATIONS,
    **jobs.OPERATIONS,
    **tags.OPERATIONS,
}
OBSERVERS = ((pushes.BRANCH, pushes.observe_branch),)


def recover(context: Context) -> None:
    """Go on with the executions, the pushes and the polling of the last emulator."""
    flow.recover(context)
    pushes.recover(context)
    s3_polling.watch(context)
