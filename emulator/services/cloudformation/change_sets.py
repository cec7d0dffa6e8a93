"""Change sets: what would be done is planned, shown, and then carried out or dropped."""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, unsupported
from emulator.services.cloudformation.beginnings import (
    begin_creation,
    begin_update,
    check_updatable,
    described,
    new_stack,
)
from emulator.services.cloudformation.change_set_planning import (
    IN_PROGRESS,
    planned,
    transform_and_plan,
)
from emulator.services.cloudformation.change_set_records import (
    change_sets_of,
    execute,
    existing_change_set,
    keep,
)
from emulator.services.cloudformation.definitions import from_document
from emulator.services.cloudformation.descriptions import page
from emulator.services.cloudformation.history import tell_of_stack
from emulator.services.cloudformation.records import (
    CHANGE_SET,
    REVIEW,
    STACK,
    existing_stack,
    find_stack,
    new_arn,
    stack_error,
)
from emulator.services.cloudformation.requests import Submission, submitted
from emulator.store import Document

_CHANGES_A_PAGE = 100
# What the request says of the stack, to be heard when the change set is executed.
_KEPT = (
    "Capabilities",
    "Description",
    "OnStackFailure",
    "RoleARN",
    "RollbackConfiguration",
)


@blocking
def create_change_set(context: Context, request: Request) -> Answer:
    """Plan what the stack would become; of a stack that is not there yet make one to review.

    Raises:
        AwsError: AlreadyExistsException; ValidationError: the stack does not allow it; all that
            ``requests.submitted`` and, where there are no transforms to carry out first,
            ``requests.wanted`` raise.
    """
    if request.get("IncludeNestedStacks"):
        raise unsupported("Change sets with IncludeNestedStacks are not emulated.")
    kind = request.get("ChangeSetType", "UPDATE")
    if kind == "IMPORT":
        raise unsupported("Change sets of the type IMPORT are not emulated.")
    stack, is_new = _stack_for(context, request, kind)
    previous = from_document(stack["_Definition"]) if kind == "UPDATE" else None
    submission = submitted(context, request, previous, is_reviewed=True)
    change_set = _document(context, request, stack, submission, kind)
    if not submission.is_pending:
        change_set |= planned(context, stack, submission, previous)
    with context.store.transaction():
        if is_new:
            context.store.insert(STACK, stack["StackId"], stack)
            tell_of_stack(context, stack)
        keep(context, change_set)
    if submission.is_pending:
        context.workers.start(
            f"change set {change_set['ChangeSetId']}",
            transform_and_plan,
            context,
            change_set["ChangeSetId"],
            submission,
        )
    return {"Id": change_set["ChangeSetId"], "StackId": stack["StackId"]}


def _stack_for(context: Context, request: Request, kind: str) -> tuple[Document, bool]:
    """The stack that the change set is for, and whether it is made for it."""
    name = request["StackName"]
    stack = find_stack(context, name)
    if kind == "UPDATE":
        if stack is None:
            raise stack_error(f"Stack [{name}] does not exist")
        check_updatable(stack)
    elif stack is not None and stack["StackStatus"] != REVIEW:
        raise stack_error(
            f"Stack [{name}] already exists and cannot be created again with the changeSet"
            f" [{request['ChangeSetName']}]."
        )
    if stack is None:
        made = new_stack(context, request | {"ClientRequestToken": request.get("ClientToken")})
        return made | {"StackStatus": REVIEW, "StackStatusReason": "User Initiated"}, True
    taken = [each["ChangeSetName"] for each in change_sets_of(context, stack["StackId"])]
    if request["ChangeSetName"] in taken:
        raise AwsError(
            "AlreadyExistsException", f"ChangeSet [{request['ChangeSetName']}] already exists"
        )
    return stack, False


def _document(
    context: Context, request: Request, stack: Document, submission: Submission, kind: str
) -> Document:
    """The change set before it is known what it would do."""
    name = request["ChangeSetName"]
    kept = {key: request[key] for key in _KEPT if key in request}
    return {
        **described(request, submission.outline),
        "ChangeSetName": name,
        "ChangeSetId": new_arn(context, "changeSet", name),
        "StackId": stack["StackId"],
        "StackName": stack["StackName"],
        "Description": request.get("Description"),
        "CreationTime": context.clock(),
        "IncludeNestedStacks": False,
        "_Kind": kind,
        "_Request": kept,
        **{key: value for key, value in kept.items() if key != "Description"},
        **IN_PROGRESS,
    }


def describe_change_set(context: Context, request: Request) -> Answer:
    """What the change set would do.

    Raises:
        AwsError: ChangeSetNotFound; UnsupportedByEmulator.
    """
    if request.get("IncludePropertyValues"):
        raise unsupported("DescribeChangeSet with IncludePropertyValues is not emulated.")
    change_set = existing_change_set(context, request)
    changes, more = page(change_set["Changes"], request, "DescribeChangeSet", _CHANGES_A_PAGE)
    return {**change_set, "Changes": changes, **more}


def list_change_sets(context: Context, request: Request) -> Answer:
    """The change sets of a stack.

    Raises:
        AwsError: ValidationError: there is no such stack.
    """
    stack_id = existing_stack(context, request["StackName"])["StackId"]
    found = [
        existing_change_set(context, {"ChangeSetName": each["ChangeSetId"]})
        for each in change_sets_of(context, stack_id)
    ]
    return {"Summaries": found}


@blocking
def execute_change_set(context: Context, request: Request) -> Answer:
    """Begin to do what the change set says.

    Raises:
        AwsError: ChangeSetNotFound; InvalidChangeSetStatus: it cannot be executed, or not again;
            ValidationError: the stack does not allow it.
    """
    change_set = existing_change_set(context, request)
    if change_set["ExecutionStatus"] != "AVAILABLE":
        raise AwsError(
            "InvalidChangeSetStatus",
            f"ChangeSet [{change_set['ChangeSetId']}] cannot be executed in its current execution"
            f" status of [{change_set['ExecutionStatus']}]",
        )
    stack = existing_stack(context, change_set["StackId"])
    definition = from_document(change_set["_Definition"])
    said = {key: value for key, value in change_set["_Request"].items() if key != "Description"}
    given = {
        key: request[key] for key in ("DisableRollback", "RetainExceptOnCreate") if key in request
    }
    asked = {**said, **given, "ClientRequestToken": request.get("ClientRequestToken")}
    if change_set["_Kind"] == "CREATE":
        begin_creation(context, stack, asked, definition, change_set["ChangeSetId"])
    else:
        begin_update(context, stack, asked, definition, ChangeSetId=change_set["ChangeSetId"])
    execute(context, change_set)
    return {}


def delete_change_set(context: Context, request: Request) -> Answer:
    """Drop the change set; of one that is not there nothing is done.

    Raises:
        AwsError: InvalidChangeSetStatus: it is being executed.
    """
    try:
        change_set = existing_change_set(context, request)
    except AwsError:
        return {}
    if change_set["ExecutionStatus"] == "EXECUTE_IN_PROGRESS":
        raise AwsError(
            "InvalidChangeSetStatus",
            f"ChangeSet [{change_set['ChangeSetId']}] cannot be deleted while it is executed",
        )
    context.store.delete(CHANGE_SET, change_set["ChangeSetId"])
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateChangeSet": create_change_set,
    "DescribeChangeSet": describe_change_set,
    "ListChangeSets": list_change_sets,
    "ExecuteChangeSet": execute_change_set,
    "DeleteChangeSet": delete_change_set,
}
