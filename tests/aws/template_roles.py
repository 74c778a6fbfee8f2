"""What each role of template.yaml may do, with everything on, against the table that the design has."""

from typing import Any

from template_stack import Template

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
COMMON = LOGS | KEY | TRACES
EVENTS = COMMON | {"secretsmanager:GetSecretValue", "sqs:SendMessage"}
RIGHTS = {
    "IngestRole": EVENTS,
    "DeliverRole": EVENTS
    | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    | {"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords"}
    | {"kinesis:GetShardIterator", "kinesis:ListShards", "s3:PutObject", "s3:ListBucket"},
    "ControlRole": COMMON
    | {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"},
    "SchedulerRole": {"lambda:InvokeFunction"},
    "CdpRole": {"lambda:InvokeFunction"},
    "CdpStreamRole": {"kinesis:PutRecord", "kinesis:PutRecords"} | KEY,
    "CdpBusRole": {"events:PutEvents"},
    "ConfigurationCheckRole": LOGS | {"lambda:InvokeFunction", "codedeploy:PutLifecycleEventHookExecutionStatus"},
    "DeploymentRole": {"lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"}
    | {"lambda:InvokeFunction", "cloudwatch:DescribeAlarms"},
}
WITHOUT_RESOURCES = TRACES | {"cloudwatch:DescribeAlarms"}
"""Actions that IAM knows for no resource in particular."""
CONFUSABLE = {"scheduler.amazonaws.com"}
"""Services that act for whoever configured them: they say for which account."""
ALIASES = {"SchedulerRole": "ControlFunctionAliaslive", "CdpRole": "IngestFunctionAliaslive"}
QUEUES = {"IngestRole": {"BufferQueue", "DeadLetterQueue"}, "DeliverRole": {"BufferQueue", "DeadLetterQueue"}}


def problems(template: Template) -> list[str]:
    """Rights too many and too few, and roles that anyone else could use."""
    roles = {name: given for name, given in template["Resources"].items() if given["Type"] == "AWS::IAM::Role"}
    found = [f"{name} is in no table" for name in sorted(roles.keys() ^ RIGHTS.keys())]
    for name in roles.keys() & RIGHTS.keys():
        properties = roles[name]["Properties"]
        statements = _statements(properties)
        allowed = set().union(*(_list(statement["Action"]) for statement in statements))
        found += [f"{name} may not {action}" for action in sorted(RIGHTS[name] - allowed)]
        found += [f"{name} may {action}" for action in sorted(allowed - RIGHTS[name])]
        found += [f"{name}: {text}" for statement in statements for text in _loose(statement)]
        if properties.get("PermissionsBoundary", {}).get("Fn::If", [""])[0] != "HasBoundary":
            found.append(f"{name} has no boundary")
        found += [f"{name} {text}" for text in _trust(properties)]
    for name, alias in ALIASES.items():
        if [statement["Resource"] for statement in _statements(roles[name]["Properties"])] != [{"Ref": alias}]:
            found.append(f"{name} invokes more than {alias}")
    for name, queues in QUEUES.items():
        sends = [given["Resource"] for given in _statements(roles[name]["Properties"]) if "sqs:SendMessage" in _list(given["Action"])]
        written = {given["Fn::GetAtt"][0] for resource in sends for given in (resource if isinstance(resource, list) else [resource])}
        if written != queues:
            found.append(f"{name} writes to {sorted(written)}")
    return found


def _statements(properties: dict[str, Any]) -> list[dict[str, Any]]:
    policies = [policy["PolicyDocument"]["Statement"] for policy in properties["Policies"]]
    return [given["Fn::If"][1] if "Fn::If" in given else given for policy in policies for given in policy]


def _list(value: Any) -> set[str]:
    return set(value) if isinstance(value, list) else {value}


def _loose(statement: dict[str, Any]) -> list[str]:
    """What a statement allows beyond one purpose."""
    actions = _list(statement["Action"])
    found = []
    if statement["Resource"] == "*" and not actions <= WITHOUT_RESOURCES:
        found.append(f"{sorted(actions)} on everything")
    if any("*" in action for action in actions):
        found.append(f"{sorted(actions)} are all actions of a service")
    if actions & KEY and "kms:ViaService" not in statement.get("Condition", {}).get("StringEquals", {}):
        found.append("the key may be used without a service")
    return found


def _trust(properties: dict[str, Any]) -> list[str]:
    (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
    condition = statement.get("Condition", {}).get("StringEquals", {})
    if statement["Principal"].get("Service") in CONFUSABLE and "aws:SourceAccount" not in condition:
        return ["is for every account"]
    return ["asks for no external id"] if "AWS" in statement["Principal"] and "sts:ExternalId" not in condition else []
