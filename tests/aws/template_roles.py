"""What each role of template.yaml may do, with everything on, against the table that the design has."""

from typing import Any

from template_stack import Template

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
LOG_DELIVERY = {"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries"} | {
    "logs:UpdateLogDelivery", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"
}
COMMON = LOGS | KEY | TRACES
EVENTS = COMMON | {"secretsmanager:GetSecretValue", "sqs:SendMessage", "firehose:PutRecordBatch"}
RIGHTS = {
    "IngestRole": EVENTS,
    "DeliverRole": EVENTS
    | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    | {"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords"}
    | {"kinesis:GetShardIterator", "kinesis:ListShards", "s3:PutObject", "s3:ListBucket"},
    "ControlRole": COMMON
    | {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}
    | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}
    | {"sqs:SendMessage", "logs:FilterLogEvents", "cloudwatch:GetMetricData"}
    | {"s3:GetObject", "s3:ListBucket", "s3:PutObject"},
    "ListRole": {"lambda:InvokeFunction", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "sns:Publish"}
    | {"s3:ListMultipartUploadParts", "s3:AbortMultipartUpload", "states:StartExecution", "states:DescribeExecution"}
    | {"states:StopExecution", "states:RedriveExecution"} | KEY | TRACES | LOG_DELIVERY,
    "ListFollowUpRole": {"states:DescribeExecution", "states:ListMapRuns", "states:RedriveExecution"}
    | {"lambda:InvokeFunction", "sns:Publish"} | KEY,
    "ListRuleRole": {"states:StartExecution"},
    "SchedulerRole": {"lambda:InvokeFunction"},
    "CdpRole": {"lambda:InvokeFunction"},
    "CdpStreamRole": {"kinesis:PutRecord", "kinesis:PutRecords"} | KEY,
    "CdpBusRole": {"events:PutEvents"},
    "ConfigurationCheckRole": LOGS | {"lambda:InvokeFunction", "codedeploy:PutLifecycleEventHookExecutionStatus"},
    "DeploymentRole": {"lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"}
    | {"lambda:InvokeFunction", "cloudwatch:DescribeAlarms"},
    "JournalDeliveryRole": KEY
    | {"s3:PutObject", "s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucket"}
    | {"s3:ListBucketMultipartUploads"},
}
WITHOUT_RESOURCES = TRACES | LOG_DELIVERY | {"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"}
"""Actions that IAM knows for no resource in particular."""
CONFUSABLE = {"scheduler.amazonaws.com", "firehose.amazonaws.com", "states.amazonaws.com"}
"""Services that act for whoever configured them: they say for which account."""
KEPT_ENCRYPTED = {"secretsmanager", "sqs", "s3", "kinesis", "firehose", "sns"}
"""Services whose data the stack's key may encrypt: each uses the key in the name of the role that calls it."""
NO_DATA = {"s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"}
"""Actions that see names and no data, so that no key is used."""
ALIASES = {"SchedulerRole": "ControlFunctionAliaslive", "CdpRole": "IngestFunctionAliaslive"}
QUEUES = {
    "IngestRole": {"BufferQueue", "DeadLetterQueue"},
    "DeliverRole": {"BufferQueue", "DeadLetterQueue"},
    "ControlRole": {"BufferQueue"},
}


def problems(template: Template) -> list[str]:
    """Rights too many and too few, and roles that anyone else could use."""
    roles = {name: given for name, given in template["Resources"].items() if given["Type"] == "AWS::IAM::Role"}
    found = [f"{name} is in no table" for name in sorted(roles.keys() ^ RIGHTS.keys())]
    for name in roles.keys() & RIGHTS.keys():
        properties = roles[name]["Properties"]
        statements = _statements(template, name)
        allowed = set().union(*(_list(statement["Action"]) for statement in statements))
        found += [f"{name} may not {action}" for action in sorted(RIGHTS[name] - allowed)]
        found += [f"{name} may {action}" for action in sorted(allowed - RIGHTS[name])]
        found += [f"{name}: {text}" for statement in statements for text in _loose(statement)]
        found += [f"{name} {text}" for text in _keyless(allowed, statements)]
        if properties.get("PermissionsBoundary", {}).get("Fn::If", [""])[0] != "HasBoundary":
            found.append(f"{name} has no boundary")
        found += [f"{name} {text}" for text in _trust(properties)]
    for name, alias in ALIASES.items():
        if [statement["Resource"] for statement in _statements(template, name)] != [{"Ref": alias}]:
            found.append(f"{name} invokes more than {alias}")
    for name, queues in QUEUES.items():
        sends = [given["Resource"] for given in _statements(template, name) if "sqs:SendMessage" in _list(given["Action"])]
        written = {given["Fn::GetAtt"][0] for resource in sends for given in (resource if isinstance(resource, list) else [resource])}
        if written != queues:
            found.append(f"{name} writes to {sorted(written)}")
    return found


def _statements(template: Template, name: str) -> list[dict[str, Any]]:
    """Of the role's own policies and of those that are attached to it."""
    own = template["Resources"][name]["Properties"].get("Policies", [])
    attached = [
        given["Properties"] for given in template["Resources"].values()
        if given["Type"] == "AWS::IAM::Policy" and {"Ref": name} in given["Properties"]["Roles"]
    ]
    policies = [policy["PolicyDocument"]["Statement"] for policy in own + attached]
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


def _keyless(allowed: set[str], statements: list[dict[str, Any]]) -> list[str]:
    """Services that a role calls without the key for their data, and those through which it needs none."""
    called = {action.partition(":")[0] for action in allowed - NO_DATA} & KEPT_ENCRYPTED
    via = set().union(*(_via(statement) for statement in statements if _list(statement["Action"]) & KEY))
    found = [f"calls {service} and may not use the key through it" for service in sorted(called - via)]
    return found + [f"may use the key through {service} and does not call it" for service in sorted(via - called)]


def _via(statement: dict[str, Any]) -> set[str]:
    """The services of a statement's `kms:ViaService`."""
    given = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", [])
    hosts = [host["Fn::Sub"] for host in (given if isinstance(given, list) else [given])]
    service, ends = {host.partition(".")[0] for host in hosts}, {host.partition(".")[2] for host in hosts}
    return service if ends == {"${AWS::Region}.${AWS::URLSuffix}"} else set()


def _trust(properties: dict[str, Any]) -> list[str]:
    (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
    condition = statement.get("Condition", {}).get("StringEquals", {})
    if statement["Principal"].get("Service") in CONFUSABLE and "aws:SourceAccount" not in condition:
        return ["is for every account"]
    return ["asks for no external id"] if "AWS" in statement["Principal"] and "sts:ExternalId" not in condition else []
