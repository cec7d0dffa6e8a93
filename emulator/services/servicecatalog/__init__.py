"""Service Catalog: portfolios of products, each of them a template, provisioned as stacks.

records               the catalog's documents: ids, tags, lists
finding               products and versions by id or by name
portfolios            operations on portfolios, and on who may use them
products              operations on products
artifacts             the versions of a product
templates             the template of a version, copied from S3
launch_paths          which product is launched through which portfolio
constraints           the role that a product is launched with
provisioning          what is asked for: provision, update, terminate, and the record of it
carrying_out          a record, from its request to the end of its stack
stacks                stacks by CloudFormation's API, for whoever has to wait for one
provisioned_products  what is told of provisioned products and their parameters

A provisioned product is the stack ``SC-<account>-<its id>``.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.servicecatalog import (
    artifacts,
    constraints,
    launch_paths,
    portfolios,
    products,
    provisioned_products,
    provisioning,
)
from emulator.services.servicecatalog.carrying_out import recover

__all__ = ["OPERATIONS", "recover"]

OPERATIONS: Mapping[str, Handler] = {
    **portfolios.OPERATIONS,
    **products.OPERATIONS,
    **artifacts.OPERATIONS,
    **launch_paths.OPERATIONS,
    **constraints.OPERATIONS,
    **provisioning.OPERATIONS,
    **provisioned_products.OPERATIONS,
}
