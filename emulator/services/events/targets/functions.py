"""Lambda functions: invoked asynchronously, as their own policies or the target's role allow."""

from emulator.context import Context
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.delivery.failures import DeliveryFailed
from emulator.services.events.targets.permissions import allows
from emulator.services.lambda_.names import existing_function


def deliver(context: Context, delivery: Delivery) -> None:
    """Invoke the function.

    Raises:
        DeliveryFailed: NO_PERMISSIONS, where neither a role nor the function's policy lets the
            rule invoke it.
    """
    arn, rule_arn = delivery.target["Arn"], delivery.occasion.rule_arn
    function = existing_function(context, {"FunctionName": arn})
    if "RoleArn" not in delivery.target and not allows(function["_Statements"], rule_arn):
        raise DeliveryFailed(
            "NO_PERMISSIONS",
            f"The policy of {arn} does not allow events.amazonaws.com to invoke it for {rule_arn}:"
            " add one with lambda AddPermission, or AWS::Lambda::Permission.",
        )
    context.api.call(
        "lambda",
        "Invoke",
        FunctionName=arn,
        InvocationType="Event",
        Payload=delivery.text.encode(),
    )
