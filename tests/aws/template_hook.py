"""Runs the code of the deployments' hook as template.yaml has it, between a Lambda and a CodeDeploy that it can hear."""

import json
import os
import types
from typing import Any

from template_stack import Template

VERSIONS = ["arn:ingest:1", "arn:deliver:1", "arn:control:1"]
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}


class Services:
    """In place of boto3: functions of which some fail or cannot be reached, and what CodeDeploy is told."""

    def __init__(self, broken: set[str], unreachable: set[str]):
        self._broken = broken
        self._unreachable = unreachable
        self.asked: list[str] = []
        self.told: list[dict[str, str]] = []

    def client(self, name: str) -> "Services":
        if name not in {"lambda", "codedeploy"}:
            raise ValueError(f"the hook asks for {name}")
        return self

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        if FunctionName in self._unreachable:
            raise TimeoutError(FunctionName)
        if json.loads(Payload) != {"operation": "check", "only": "configuration"}:
            raise ValueError(f"the hook invokes with {Payload}")
        self.asked.append(FunctionName)
        return {"StatusCode": 200} | ({"FunctionError": "Unhandled"} if FunctionName in self._broken else {})

    def put_lifecycle_event_hook_execution_status(self, **told: str) -> None:
        self.told.append(told)


def problems(template: Template) -> list[str]:
    """What the hook gets wrong, and functions that it does not guard."""
    hook = template["Resources"]["ConfigurationCheck"]["Properties"]
    found = []
    for name, broken, unreachable, status in (
        ("all load", set(), set(), "Succeeded"),
        ("one does not load", {VERSIONS[1]}, set(), "Failed"),
        ("one cannot be asked", set(), {VERSIONS[2]}, "Failed"),
    ):
        services = Services(broken, unreachable)
        _run(hook["Code"]["ZipFile"], services)
        told = [{"deploymentId": "d-1", "lifecycleEventHookExecutionId": "hook-1", "status": status}]
        if services.told != told:
            found.append(f"{name}: CodeDeploy is told {services.told}")
        if services.asked != [version for version in VERSIONS if version not in unreachable]:
            found.append(f"{name}: only {services.asked} are asked")
    return found + _unguarded(template)


def _run(code: str, services: Services) -> None:
    module: dict[str, Any] = {"__builtins__": __builtins__}
    boto3 = types.ModuleType("boto3")
    boto3.client = services.client
    import sys

    kept, sys.modules["boto3"] = sys.modules.get("boto3"), boto3
    os.environ["NEW_VERSIONS"] = " ".join(VERSIONS)
    try:
        exec(compile(code, "ConfigurationCheck", "exec"), module)  # noqa: S102
        try:
            module["handler"](EVENT, None)
        except TimeoutError:
            pass  # The invocation fails too, so that the log has the reason.
    finally:
        if kept is not None:
            sys.modules["boto3"] = kept


def _unguarded(template: Template) -> list[str]:
    """Aliases that move without the hook, or stay moved when their alarm rings."""
    resources = template["Resources"]
    versions = json.dumps(resources["ConfigurationCheck"]["Properties"]["Environment"])
    found = []
    for name, given in resources.items():
        if given["Type"] == "AWS::Lambda::Alias":
            update = given.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
            if update.get("BeforeAllowTrafficHook") != {"Ref": "ConfigurationCheck"}:
                found.append(f"{name} moves without the hook")
            group = resources.get(update.get("DeploymentGroupName", {}).get("Ref"), {}).get("Properties", {})
            if not group.get("AutoRollbackConfiguration", {}).get("Enabled") or not group.get("AlarmConfiguration"):
                found.append(f"{name} has no way back")
        if given["Type"] == "AWS::Lambda::Version" and name not in versions:
            found.append(f"{name} is not asked")
    return found
