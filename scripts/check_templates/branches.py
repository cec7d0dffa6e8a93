"""A template as it is when all its conditions hold, and when none does.

Checkers decide conditions by the parameters' defaults and pass over what is not made, or do not
look into Fn::If at all. So they are given both branches, each with all resources.
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.check_templates.loading import Template

NAMES = {True: "all", False: "none"}
_NO_VALUE = {"Ref": "AWS::NoValue"}
_LOCAL_PATHS = {
    ("AWS::CloudFormation::Stack", "TemplateURL"): "https://s3.amazonaws.com/bucket/template",
    ("AWS::CodeCommit::Repository", "Code"): {"S3": {"Bucket": "bucket", "Key": "seed.zip"}},
}
_SEED_LOCATION = "bucket/seed.zip"


def branch(template: Template, is_met: bool) -> Template:
    """The template, packaged, with the first or the second value of each Fn::If.

    All resources and outputs are in it, whatever their conditions; the other functions stay.
    """
    taken: Template = _take(
        {key: value for key, value in template.items() if key not in ("Conditions", "Rules")},
        is_met,
    )
    # An empty default would be what the checkers see in place of an address.
    for parameter in taken.get("Parameters", {}).values():
        if parameter.get("Default") == "":
            del parameter["Default"]
    for section in ("Resources", "Outputs"):
        for entry in taken.get(section, {}).values():
            entry.pop("Condition", None)
    for resource in taken["Resources"].values():
        for (resource_type, name), packaged in _LOCAL_PATHS.items():
            if resource["Type"] == resource_type and name in resource.get("Properties", {}):
                resource["Properties"][name] = copy.deepcopy(packaged)
    for entry in taken.get("Mappings", {}).get("Seed", {}).values():
        entry["Location"] = _SEED_LOCATION
    return taken


def _take(value: Any, is_met: bool) -> Any:
    if isinstance(value, list):
        items = [_take(item, is_met) for item in value]
        return [item for item in items if item != _NO_VALUE]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::If"}:
        _, first, second = value["Fn::If"]
        return _take(first if is_met else second, is_met)
    members = {key: _take(member, is_met) for key, member in value.items()}
    return {key: member for key, member in members.items() if member != _NO_VALUE}


def written(templates: Mapping[str, Template], folder: Path) -> dict[Path, str]:
    """Writes both branches of each template as JSON; the files, and the template each is of."""
    files = {}
    for number, (path, template) in enumerate(templates.items()):
        for is_met, name in NAMES.items():
            file = folder.resolve() / f"template{number}-{name}.json"
            file.write_text(json.dumps(branch(template, is_met)))
            files[file] = path
    return files
