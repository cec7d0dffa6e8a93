"""Search and GetSearchSuggestions."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import listed, unsupported, validation_error
from emulator.services.sagemaker.search.expressions import Expression
from emulator.services.sagemaker.search.ordering import page, position
from emulator.services.sagemaker.search.properties import (
    STATISTICS,
    Kind,
    Property,
    UnknownProperty,
    find_property,
    property_names,
)
from emulator.services.sagemaker.search.resources import SEARCHED, Searched


@blocking
def search(context: Context, request: Request) -> Answer:
    """Search.

    Raises:
        AwsError: ValidationException with every fault of the expression and of SortBy;
            UnsupportedByEmulator: a resource that is not emulated, or VisibilityConditions.
    """
    searched = _searched(request["Resource"])
    if request.get("VisibilityConditions"):
        raise unsupported("VisibilityConditions is not emulated: whoever asks may see everything.")
    expression = Expression(request["Resource"], searched.shape)
    passes = expression.read(request.get("SearchExpression"))
    sort = _sort(searched, request.get("SortBy"), expression.faults)
    if expression.faults:
        raise validation_error(listed(expression.faults, "; "))
    # No other account has made anything discoverable to this one.
    is_own = request.get("CrossAccountFilterOption", "SameAccount") == "SameAccount"
    documents = context.store.list(searched.kind) if is_own else []
    records = searched.records(context, documents, {*expression.members, sort.path[0]})
    placed = [
        (position(sort, record, searched.identify(record)), record)
        for record in records
        if passes(record)
    ]
    is_descending = request.get("SortOrder", "Descending") == "Descending"
    found, next_token = page(placed, request, is_descending=is_descending)
    results = [searched.answer(record) for record in searched.records(context, found)]
    hits = {"Value": len(placed), "Relation": "EqualTo"}
    return {"Results": results, "NextToken": next_token, "TotalHits": hits}


def _searched(resource: str) -> Searched:
    found = SEARCHED.get(resource)
    if found is None:
        raise unsupported(
            f"Search for {resource} is not emulated, as the emulator has none; it can search for"
            f" {', '.join(SEARCHED)}."
        )
    return found


def _sort(searched: Searched, name: str | None, faults: list[str]) -> Property:
    """The property to sort by: unless asked otherwise the last change. Source: API_Search."""
    by_last_change = Property(Kind.TIME, ("LastModifiedTime",), _last_change)
    if name is None:
        return by_last_change
    try:
        found = find_property(searched.shape, name)
    except UnknownProperty as error:
        faults.append(f"SortBy: {error}")
        return by_last_change
    if found.kind is Kind.STRUCTURE:
        faults.append(f"SortBy: {name} is a structure; name one of its members")
    return found


def _last_change(record: Mapping[str, Any]) -> Iterator[Any]:
    yield record.get("LastModifiedTime") or record.get("CreationTime")


@blocking
def get_search_suggestions(context: Context, request: Request) -> Answer:
    """GetSearchSuggestions: the names of properties, and of what the resources have, by a prefix.

    Source: GetSearchSuggestions, "Provides suggestions for HyperParameters, Tags, and Metrics".
    """
    searched = _searched(request["Resource"])
    query = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {})
    hint = query.get("PropertyNameHint", "").lower()
    names = {*property_names(searched.shape), *_names_in_use(context, searched)}
    found = sorted(name for name in names if name.lower().startswith(hint))
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in found]}


def _names_in_use(context: Context, searched: Searched) -> Iterator[str]:
    documents = context.store.list(searched.kind)
    for record in searched.records(context, documents, {"Tags"}):
        yield from _keyed("HyperParameters", record.get("HyperParameters", {}))
        yield from _keyed("Parameters", _keys_of(record.get("Parameters")))
        yield from _keyed("Tags", (tag["Key"] for tag in record.get("Tags", ())))
        final = record.get("FinalMetricDataList", ())
        yield from _keyed("Metrics", (metric["MetricName"] for metric in final))
        for metric in record.get("Metrics", ()):
            name = metric["MetricName"]
            yield from _keyed("Metrics", (f"{name}.{statistic}" for statistic in STATISTICS))


def _keys_of(parameters: object) -> Iterable[str]:
    return parameters if isinstance(parameters, dict) else ()


def _keyed(member: str, keys: Iterable[str]) -> Iterator[str]:
    return (f"{member}.{key}" for key in keys)


OPERATIONS: Mapping[str, Handler] = {
    "Search": search,
    "GetSearchSuggestions": get_search_suggestions,
}
