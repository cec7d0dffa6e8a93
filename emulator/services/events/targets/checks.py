"""What PutTargets refuses, all faults of a request at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.services.events.inputs import input_faults
from emulator.services.events.targets.arns import Arn, read_arn
from emulator.services.events.targets.kinds import KINDS, NOT_EMULATED, kind_of
from emulator.services.sagemaker.jobs.checks import Faults

_PARAMETERS_OF_OTHERS = (
    "KinesisParameters",
    "RunCommandParameters",
    "EcsParameters",
    "BatchParameters",
    "HttpParameters",
    "RedshiftDataParameters",
    "AppSyncParameters",
)
_FIFO = ".fifo"


def check_targets(context: Context, targets: Sequence[Mapping[str, Any]]) -> None:
    """Refuse targets that cannot be delivered to.

    Raises:
        AwsError: ValidationException or UnsupportedByEmulator, with every fault.
    """
    faults = Faults()
    counts = Counter(target["Id"] for target in targets)
    twice = [target_id for target_id, count in counts.items() if count > 1]
    if twice:
        faults.add(f"Target ids must be unique, got more than once: {', '.join(twice)}.")
    for target in targets:
        _check_arn(context, target, faults)
        for fault in (*input_faults(target), *_dead_letter_faults(target)):
            faults.add(fault)
    faults.raise_any()


def _check_arn(context: Context, target: Mapping[str, Any], faults: Faults) -> None:
    text = target["Arn"]
    arn = read_arn(text)
    if arn is None:
        faults.add(f"Parameter {text} is not valid. Reason: Provided Arn is not in correct format.")
        return
    kind = kind_of(arn)
    if kind is None:
        _refuse_kind(text, arn, faults)
        return
    settings = context.settings
    if (arn.region, arn.account) != (settings.region, settings.account_id):
        faults.add_unsupported(
            f"Target {target['Id']}: {text} is of another account or region; the emulator has"
            f" {settings.account_id} in {settings.region}"
        )
    if kind.needs_role and "RoleArn" not in target:
        faults.add(f"RoleArn is required for target {text}.")
    known = {other.parameters for other in KINDS if other.parameters}
    for member in (*_PARAMETERS_OF_OTHERS, *sorted(known - {kind.parameters})):
        if target.get(member):
            faults.add(f"Parameter(s) {member} cannot be specified for target: {target['Id']}.")
    for fault in kind.faults(target):
        faults.add(fault)


def _refuse_kind(text: str, arn: Arn, faults: Faults) -> None:
    known = ", ".join(f"{kind.service} {kind.begins}".strip() for kind in KINDS)
    words = NOT_EMULATED.get(arn.service)
    if words:
        faults.add_unsupported(f"{words} as targets are not emulated ({text}); these are: {known}")
    else:
        faults.add(f"Parameter {text} is not valid. Reason: {arn.service} is no target of rules.")


def _dead_letter_faults(target: Mapping[str, Any]) -> list[str]:
    text = target.get("DeadLetterConfig", {}).get("Arn")
    if text is None:
        return []
    arn = read_arn(text)
    if arn is None or arn.service != "sqs" or arn.resource.endswith(_FIFO):
        return [
            f"Parameter DeadLetterConfig.Arn of target {target['Id']} is not valid. Reason: it must"
            f" be the ARN of a standard SQS queue, got {text}."
        ]
    return []
