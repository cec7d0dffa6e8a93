"""Templates that name local files, into templates that name S3.

What `aws cloudformation package` does, for the two properties that this project has: TemplateURL
of a nested stack, and S3 of a CodeCommit repository's code. And one thing that it does not: the
mapping Seed of a template whose build has the seed code for its source says bucket/key, which the
build's role must name, too. The files go under the hash of their content, so that what is published
once stays as it is.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_STACK = "AWS::CloudFormation::Stack"
_REPOSITORY = "AWS::CodeCommit::Repository"
_SEED_MAPPING = "Seed"
# Source: "Intrinsic function reference" of the CloudFormation user guide: !Ref and !Condition keep
# their names, and !GetAtt a.b is a list in the long form.
_LONG_NAMES = {"Ref": "Ref", "Condition": "Condition"}


class PackagingError(Exception):
    """A template names a local file that is not there, or is not YAML."""


@dataclass(frozen=True)
class Upload:
    """An object of the package."""

    key: str
    content: bytes


@dataclass(frozen=True)
class Package:
    """A template with everything that it names.

    Attributes:
        template_key: The key of the template that is launched.
        uploads: All objects, that template among them; what is named comes before what names it.
    """

    template_key: str
    uploads: tuple[Upload, ...]


@dataclass(frozen=True)
class Place:
    """Where the objects go: the bucket, and the beginning of its addresses."""

    bucket: str
    region: str

    def url(self, key: str) -> str:
        """The address by which CloudFormation and Service Catalog read an object.

        Source: TemplateURL of CreateStack in the API reference.
        """
        return f"https://{self.bucket}.s3.{self.region}.amazonaws.com/{key}"


def package(template: Path, seed: bytes, place: Place) -> Package:
    """Package a template, its nested templates and the seed code of its repository.

    The local path of the repository, or of the mapping Seed, stands for the seed code, whatever it
    is.

    Raises:
        PackagingError: naming the template and what is wrong with it.
    """
    uploads: list[Upload] = []
    return Package(_package(template, seed, place, uploads), tuple(uploads))


def _package(template: Path, seed: bytes, place: Place, uploads: list[Upload]) -> str:
    document = _read(template)
    for resource in document.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        if resource["Type"] == _STACK and not _is_address(properties.get("TemplateURL")):
            nested = template.parent / properties["TemplateURL"]
            properties["TemplateURL"] = place.url(_package(nested, seed, place, uploads))
        if resource["Type"] == _REPOSITORY and isinstance(properties["Code"]["S3"], str):
            key = _keep_seed(uploads, seed)
            properties["Code"]["S3"] = {"Bucket": place.bucket, "Key": key}
    for entry in document.get("Mappings", {}).get(_SEED_MAPPING, {}).values():
        entry["Location"] = f"{place.bucket}/{_keep_seed(uploads, seed)}"
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return _keep(uploads, template.stem, ".template.yaml", text.encode())


def _is_address(value: object) -> bool:
    return not isinstance(value, str) or value.startswith("https://")


def _keep_seed(uploads: list[Upload], seed: bytes) -> str:
    return _keep(uploads, "seed", ".zip", seed)


def _keep(uploads: list[Upload], name: str, suffix: str, content: bytes) -> str:
    key = f"{name}/{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
    if all(upload.key != key for upload in uploads):
        uploads.append(Upload(key, content))
    return key


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads the short forms of functions as the long ones, which any YAML writer can write."""


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value = _CONSTRUCT[type(node)](loader, node)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {_LONG_NAMES.get(name, f"Fn::{name}"): value}


_CONSTRUCT: Mapping[type[yaml.Node], Callable[[_Loader, Any], Any]] = {
    yaml.ScalarNode: lambda loader, node: loader.construct_scalar(node),
    yaml.SequenceNode: lambda loader, node: loader.construct_sequence(node, deep=True),
    yaml.MappingNode: lambda loader, node: loader.construct_mapping(node, deep=True),
}
_Loader.add_multi_constructor("!", _function)
# A version of a policy or of a template is text, whatever it looks like.
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def _read(template: Path) -> dict[str, Any]:
    try:
        document = yaml.load(template.read_text(encoding="utf-8"), _Loader)  # noqa: S506
    except (OSError, yaml.YAMLError) as error:
        raise PackagingError(f"{template}: {error}") from error
    if not isinstance(document, dict):
        raise PackagingError(f"{template}: expected a template, a mapping of sections.")
    return document
