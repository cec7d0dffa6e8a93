"""What CloudFormation's resource types are like, from the schemas that ship with cfn-lint.

- ``types``: the schema of one type, and what Fn::GetAtt offers of it.
- ``properties``: whether a resource's properties are right, and texts made what the type says.
"""

from emulator.services.cloudformation.schemas.properties import coerced, property_faults
from emulator.services.cloudformation.schemas.types import (
    ResourceSchema,
    attributes,
    has_type,
    offers,
    schema,
)

__all__ = [
    "ResourceSchema",
    "attributes",
    "coerced",
    "has_type",
    "offers",
    "property_faults",
    "schema",
]
