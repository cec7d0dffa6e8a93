"""A search expression: filters, nested filters and expressions, joined by And or Or.

Source: API_SearchExpression, API_NestedFilters, API_Search.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.model import Shape

from emulator.services.sagemaker.search.filters import (
    BadFilter,
    Filter,
    Predicate,
    Record,
    read_filter,
)
from emulator.services.sagemaker.search.properties import UnknownProperty, find_property

# Source: API_SearchExpression, "up to twenty elements"; API_Search, "The maximum number of
# recursive SubExpressions, NestedFilters, and Filters ... is 50".
_ELEMENTS_AT_MOST = 20
_ELEMENTS_IN_ALL_AT_MOST = 50
# Source: API_Filter, the properties that Contains may be used on more than once.
_NAMES = ("DisplayName", "Tags")
_CONTAINS_OFTEN: Mapping[str, frozenset[str]] = {
    "Experiment": frozenset({*_NAMES, "ExperimentName"}),
    "ExperimentTrial": frozenset({*_NAMES, "TrialName"}),
    "ExperimentTrialComponent": frozenset(
        {*_NAMES, "TrialComponentName", "InputArtifacts", "OutputArtifacts"}
    ),
}


@dataclass
class Expression:
    """An expression as it is read.

    Attributes:
        faults: All that is wrong with it.
        members: The resource's members that it looks at.
    """

    resource: str
    shape: Shape
    faults: list[str] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    _elements_count: int = 0
    _contains_count: int = 0

    def read(self, request: Mapping[str, Any] | None) -> Predicate:
        """What the request wants of a record; everything without an expression.

        Faults are noted; then the predicate is of no use.
        """
        if request is None:
            return lambda _: True
        predicate = self._expression(request)
        if self._elements_count > _ELEMENTS_IN_ALL_AT_MOST:
            self.faults.append(
                f"SearchExpression has {self._elements_count} Filters, NestedFilters and"
                f" SubExpressions; at most {_ELEMENTS_IN_ALL_AT_MOST} are allowed"
            )
        if self._contains_count > 1:
            self.faults.append("'CONTAINS' operator usage limit of 1 exceeded.")
        return predicate

    def _expression(self, request: Mapping[str, Any]) -> Predicate:
        predicates = [
            *(self._filter(each) for each in request.get("Filters", ())),
            *(self._nested(each) for each in request.get("NestedFilters", ())),
            *(self._expression(each) for each in request.get("SubExpressions", ())),
        ]
        self._elements_count += len(predicates)
        if not predicates:
            self.faults.append(
                "SearchExpression must have at least one of Filters, NestedFilters and"
                " SubExpressions"
            )
        elif len(predicates) > _ELEMENTS_AT_MOST:
            self.faults.append(
                f"SearchExpression has {len(predicates)} elements; at most {_ELEMENTS_AT_MOST}"
                " are allowed"
            )
        return _joined(predicates, is_or=request.get("Operator") == "Or")

    def _filter(self, request: Mapping[str, str]) -> Predicate:
        try:
            found = read_filter(self.shape, request)
        except BadFilter as error:
            return self._fault(str(error))
        self._note(found, found.found.path[0])
        return found.matches

    def _nested(self, request: Mapping[str, Any]) -> Predicate:
        """A list's filters: one element has to pass them all."""
        name = request["NestedPropertyName"]
        try:
            listed = find_property(self.shape, name)
        except UnknownProperty as error:
            return self._fault(str(error))
        if listed.element is None:
            return self._fault(f"NestedPropertyName {name} is no list of structures")
        predicates = []
        for each in request["Filters"]:
            self._elements_count += 1
            try:
                found = read_filter(listed.element, each, prefix=f"{name}.")
            except BadFilter as error:
                self._fault(str(error))
                continue
            self._note(found, listed.path[0])
            predicates.append(found.matches)
        passes = _joined(predicates, is_or=False)
        return lambda record: any(
            passes(element) for elements in listed.read(record) for element in elements
        )

    def _note(self, found: Filter, member: str) -> None:
        self.members.add(member)
        is_limited = member not in _CONTAINS_OFTEN.get(self.resource, ())
        if found.operator == "Contains" and is_limited:
            self._contains_count += 1

    def _fault(self, message: str) -> Predicate:
        self.faults.append(message)
        return lambda _: False


def _joined(predicates: list[Predicate], *, is_or: bool) -> Predicate:
    def results(record: Record) -> Iterator[bool]:
        return (predicate(record) for predicate in predicates)

    if is_or:
        return lambda record: any(results(record))
    return lambda record: all(results(record))
