"""Search over the resources that the emulator has.

``resources``    where each resource is kept, and its SearchRecord
``properties``   property names, read against botocore's shapes
``filters``      one filter as a predicate
``expressions``  filters, nested filters and expressions together
``ordering``     order and pages
``operations``   Search, GetSearchSuggestions

The one rule: what can be asked of a resource is what botocore's shape of its record says.
"""

from emulator.services.sagemaker.search.operations import OPERATIONS

__all__ = ["OPERATIONS"]
