"""template.yaml as a deployment makes it: packaged, transformed by SAM's own translator, created in moto."""

import copy
import io
import json
import pathlib
import zipfile
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = pathlib.Path(__file__).parent.parent.parent / "template.yaml"
REGION = "us-east-1"
BUCKET = "packages"
CODE, LAYER = "code-1", "layer-1"

Template = dict[str, Any]


def source() -> Template:
    """The template as it is written."""
    return yaml_parse(TEMPLATE.read_text())


def transformed(parameters: dict[str, str], code: str = CODE, layer: str = LAYER) -> Template:
    """As CloudFormation gets it after `sam package` put code and layer under these names."""
    template = source()
    template["Globals"]["Function"]["CodeUri"] = f"s3://{BUCKET}/{code}"
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = f"s3://{BUCKET}/{layer}"
    session = boto3.session.Session(region_name=REGION)
    return Translator({}, Parser(), boto_session=session).translate(copy.deepcopy(template), parameters)


def upload_package() -> None:
    """The objects that `sam package` uploads; what is in them does not matter here."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=BUCKET)
    for name in (CODE, LAYER):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("bootstrap", name)
        s3.put_object(Bucket=BUCKET, Key=name, Body=content.getvalue())


def create(name: str, template: Template, parameters: dict[str, str]) -> dict[str, str]:
    """Creates a stack; the physical id of each of its resources."""
    cloudformation = boto3.client("cloudformation", region_name=REGION)
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Tags=[{"Key": "application", "Value": "tiktok-audiences"}],
    )
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(f"{name}: {stack['StackStatus']}")
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    # What a condition leaves out is in moto's list without a name.
    named = [resource for resource in resources if "LogicalResourceId" in resource]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in named}


def delete(name: str) -> None:
    """Deletes a stack."""
    boto3.client("cloudformation", region_name=REGION).delete_stack(StackName=name)


def expected(template: Template, parameters: dict[str, str]) -> set[str]:
    """The resources whose condition holds."""
    values = {key: given.get("Default", "") for key, given in template["Parameters"].items()} | parameters
    conditions = template["Conditions"]
    resources = template["Resources"].items()
    return {name for name, given in resources if _holds(given.get("Condition"), conditions, values)}


def _holds(condition: Any, conditions: dict[str, Any], values: dict[str, str]) -> bool:
    if condition is None:
        return True
    if isinstance(condition, str):
        return _holds(conditions[condition], conditions, values)
    ((function, given),) = condition.items()
    match function:
        case "Condition":
            return _holds(given, conditions, values)
        case "Fn::Not":
            return not _holds(given[0], conditions, values)
        case "Fn::And":
            return all(_holds(part, conditions, values) for part in given)
        case "Fn::Equals":
            one, other = (str(values[side["Ref"]]) if isinstance(side, dict) else side for side in given)
            return one == other
    raise ValueError(f"a condition by {function}")
