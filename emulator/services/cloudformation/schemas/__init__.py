"""What CloudFormation's resource types are like, from the schemas that ship with cfn-lint.

- ``types``: the schema of one type, and what Fn::GetAtt offers of it.
- ``coercion``: texts made numbers and booleans where the type says so.
- ``properties``: whether a resource's properties are right, by ``keywords`` and ``patterns``.
"""

from emulator.services.cloudformation.schemas.coercion import coerced
from emulator.services.cloudformation.schemas.properties import property_faults
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
