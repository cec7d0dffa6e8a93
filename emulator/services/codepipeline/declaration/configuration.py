"""Configuration and artifact counts of an action or a rule, held to what its provider takes."""

from collections.abc import Mapping

from emulator.context import Request
from emulator.services.codepipeline.declaration.faults import Faults
from emulator.services.codepipeline.declaration.providers import Provider

_REFERENCE = "#{"


def check_keys(
    what: str, configuration: Mapping[str, str], provider: Provider, faults: Faults, code: str
) -> None:
    """Add the faults of keys and values; ``what`` reads like "Action configuration for ..."."""
    known = (*provider.required, *provider.optional)
    for key in provider.required:
        if key not in configuration:
            faults.add(code, f"{what} is missing required configuration '{key}'")
    for key, value in configuration.items():
        if key not in known:
            faults.add(
                code,
                f"{what} contains unknown configuration '{key}'; "
                f"it takes: {', '.join(known) or 'none'}",
            )
        choices = (provider.choices or {}).get(key)
        if choices and _REFERENCE not in value and value not in choices:
            faults.add(code, f"{what}: {key} is {value!r}; expected one of {', '.join(choices)}")


def check_counts(
    what: str, declared: Request, provider: Provider, faults: Faults, code: str
) -> None:
    """Add the faults of the numbers of artifacts; ``what`` reads like "Action Build"."""
    for member, word, (least, most) in (
        ("inputArtifacts", "input", provider.inputs),
        ("outputArtifacts", "output", provider.outputs),
    ):
        count = len(declared.get(member, ()))
        if count < least:
            faults.add(
                code,
                f"{what} declares {count} {word} artifacts which is less than the minimum "
                f"count ({least})",
            )
        if count > most:
            faults.add(
                code,
                f"{what} declares {count} {word} artifacts which is more than the maximum "
                f"count ({most})",
            )
