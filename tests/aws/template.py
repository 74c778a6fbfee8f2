"""Holds template.yaml against what a deployment makes of it: SAM's translator, then moto's CloudFormation.

`python tests/aws/template.py`. Moto has no Logs Insights query definitions (their shape is checked), moves no traffic
(the deployments' hook is run by hand) and asks no role for its rights (they are compared with a table); Athena's
queries run elsewhere. What nothing here can say: whether metric math and log queries mean what they should.
"""

import copy
import itertools
import json
import logging
import os
import sys
import warnings
from typing import Any

os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}

import boto3
import template_alarms
import template_hook
import template_kinds
import template_queries
import template_roles
import template_stack
from moto import mock_aws
from tally import Tally
from template_stack import REGION, Template

RETAINED = {"Secret", "BufferQueue", "DeadLetterQueue", "FailedRecordsBucket", "JournalBucket", "ListsBucket"}
OWN_FUNCTIONS = ("IngestFunction", "DeliverFunction", "ControlFunction")
NOT_IN_A_VERSION = {"ReservedConcurrentExecutions", "Role", "Tags"}
"""Properties of a function that hold for all of its versions."""


def everything() -> dict[str, str]:
    """Every option on, over things that the account has already."""
    stream = boto3.client("kinesis").create_stream
    stream(StreamName="events", ShardCount=1)
    boto3.client("events").create_event_bus(Name="platform")
    topic = boto3.client("sns").create_topic
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    boundary = boto3.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(NOTHING))
    return {
        "StreamArn": f"arn:aws:kinesis:{REGION}:123456789012:stream/events",
        "StreamStartingPosition": "LATEST",
        "EventBusName": "platform",
        "EventTopicArn": topic(Name="events")["TopicArn"],
        "AlarmTopicArn": topic(Name="alarms")["TopicArn"],
        "CdpPrincipal": "arn:aws:iam::210987654321:root",
        "CdpExternalId": "workspace",
        "KmsKeyArn": key,
        "PermissionsBoundary": boundary["Policy"]["Arn"],
        "ReservedConcurrency": "10",
        "TracingMode": "Active",
        "Lists": "enabled",
        "ListTopicArn": topic(Name="lists")["TopicArn"],
        "Journal": "enabled",
        "LogEvents": "all",
    }


NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


def check_stacks(tally: Tally) -> None:
    """The defaults, and everything on with and without a buffer and twice, side by side in one account and region."""
    template_stack.upload_package()
    full = everything()
    unbuffered = full | {"Buffer": "disabled", "EventBusName": "default"}
    stacks = {"plain": {}, "full-one": full, "full-two": full, "full-unbuffered": unbuffered}
    ids: dict[str, dict[str, str]] = {}
    for name, parameters in stacks.items():
        template = template_stack.transformed(parameters)
        ids[name] = template_stack.create(name, copy.deepcopy(template), parameters)
        missing = template_stack.expected(template, parameters) - ids[name].keys()
        tally.check(f"{name} is created whole: {len(ids[name])} resources", [f"{left} is not there" for left in sorted(missing)])
    for one, other in (("full-one", "full-two"), ("plain", "full-unbuffered")):
        tally.check(f"{one} and {other} share nothing", shared(ids[one], ids[other]))
    tally.check("everything that invokes names the alias", unaliased())
    tally.check("bus and topic write to the buffer queue, or to Ingest without one", sources(ids))
    for name in ("full-one", "full-unbuffered"):
        tally.check(f"the alarms of {name} watch what is there", template_alarms.unwatched(name, ids[name], stacks[name]))


def follows_a_topic(template: Template) -> list[str]:
    """A subscription that goes to its topic's region, where no dead-letter queue of this stack is."""
    properties = template["Resources"]["TopicSubscription"]["Properties"]
    return [f"the subscription is made in {properties['Region']}"] if "Region" in properties else []


def shared(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Resources of two stacks that are the same thing; names that are one only within another are not asked."""
    inner = {"AWS::ApiGatewayV2::Stage", "AWS::Glue::Table"}
    kinds = {name: given["Type"] for name, given in template_stack.transformed({}).get("Resources", {}).items()}
    same = one.keys() & other.keys()
    # Two stacks that write to one layer would still get versions of their own.
    thing = lambda id_: id_.rpartition(":")[0] if ":layer:" in id_ else id_  # noqa: E731
    alike = [name for name in sorted(same) if thing(one[name]) == thing(other[name])]
    return [f"{name} is {one[name]} in both" for name in alike if kinds[name] not in inner]


def unaliased() -> list[str]:
    """What invokes a function without its alias."""
    scheduler, gateway = boto3.client("scheduler"), boto3.client("apigatewayv2")
    # Moto's mappings show the version behind an alias, so that their name is that of the template.
    mappings = [given["Properties"]["FunctionName"]["Ref"] for given in of_type("AWS::Lambda::EventSourceMapping")]
    found = [name.replace("Aliaslive", ":live") for name in mappings]
    for schedule in scheduler.list_schedules()["Schedules"]:
        found.append(scheduler.get_schedule(Name=schedule["Name"])["Target"]["Arn"])
    for api in gateway.get_apis()["Items"]:
        uris = [given["IntegrationUri"] for given in gateway.get_integrations(ApiId=api["ApiId"])["Items"]]
        found += [uri.removesuffix("/invocations") for uri in uris]
    if len(mappings) != 2 or len(found) < 4 * 7:
        return [f"only {len(found)} things invoke anything"]
    return [arn for arn in found if not arn.endswith(":live")]


def of_type(kind: str) -> list[dict[str, Any]]:
    return [given for given in template_stack.transformed({})["Resources"].values() if given["Type"] == kind]


def sources(ids: dict[str, dict[str, str]]) -> list[str]:
    """Where bus and topic of each stack send, and where they put what is not taken."""
    events, sns, sqs = boto3.client("events"), boto3.client("sns"), boto3.client("sqs")
    found = []
    subscriptions = sns.list_subscriptions()["Subscriptions"]
    for name, is_direct in (("full-one", True), ("full-two", True), ("full-unbuffered", False)):
        arn = {queue: _queue_arn(sqs, ids[name][queue]) for queue in ("BufferQueue", "DeadLetterQueue")}
        wanted = arn["BufferQueue"] if is_direct else ids[name]["IngestFunctionAliaslive"]
        bus, _, rule = ids[name]["BusRule"].rpartition("|")
        (target,) = events.list_targets_by_rule(Rule=rule, EventBusName=bus or "default")["Targets"]
        if (target["Arn"], target["DeadLetterConfig"]["Arn"]) != (wanted, arn["DeadLetterQueue"]):
            found.append(f"{name}: the rule sends to {target}")
        of_stack = [given for given in subscriptions if given["SubscriptionArn"] == ids[name]["TopicSubscription"]]
        if [given["Endpoint"] for given in of_stack] != [wanted]:
            found.append(f"{name}: the topic sends to {of_stack}")
    return found


def _queue_arn(sqs: Any, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def retained(template: Template) -> list[str]:
    """Resources that hold data and would go with the stack, and others that would stay."""
    policies = {name: (given.get("DeletionPolicy"), given.get("UpdateReplacePolicy")) for name, given in template["Resources"].items()}
    kept = {name for name, policy in policies.items() if policy == ("RetainExceptOnCreate", "Retain")}
    return [f"{name}: {policies.get(name)}" for name in sorted(kept ^ RETAINED)]


def names_of_versions(template: Template) -> set[str]:
    return {name for name, given in template["Resources"].items() if given["Type"] == "AWS::Lambda::Version"}


def unpublished_changes() -> list[str]:
    """Changes of code or configuration that would leave the old version live."""
    before = names_of_versions(template_stack.transformed({}))
    found = []
    for change in ({"code": "code-2"}, {"layer": "layer-2"}):
        after = names_of_versions(template_stack.transformed({}, **change))
        if len(after) != len(OWN_FUNCTIONS) or before & after:
            found.append(f"{change}: {sorted(before & after)} stay")
    if names_of_versions(template_stack.transformed({})) != before:
        found.append("a version without a change has another name")
    return found


def unseen_parameters(source: Template) -> list[str]:
    """Parameters that change a function without a new version, and those that ask for one without changing it."""
    found = []
    shared_properties = {key: value for key, value in source["Globals"]["Function"].items() if key not in NOT_IN_A_VERSION}
    for name in OWN_FUNCTIONS:
        own = {key: value for key, value in source["Resources"][name]["Properties"].items() if key not in NOT_IN_A_VERSION}
        description = own.pop("VersionDescription")
        for other in ("DeploymentPreference", "EventInvokeConfig", "Events"):
            own.pop(other, None)
        changes = _parameters([shared_properties, own], source)
        described = _parameters(description, source)
        found += [f"{name}: {parameter} is not in its VersionDescription" for parameter in sorted(changes - described)]
        found += [f"{name}: {parameter} changes nothing of it" for parameter in sorted(described - changes)]
    return found


def _parameters(value: Any, source: Template) -> set[str]:
    """The parameters that a value refers to, itself or by a condition."""
    if isinstance(value, list):
        return set().union(*(_parameters(inner, source) for inner in value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*(_parameters(inner, source) for inner in value.values()))
    if "Ref" in value and value["Ref"] in source["Parameters"]:
        found.add(value["Ref"])
    if "Fn::If" in value:
        found |= _parameters(source["Conditions"][value["Fn::If"][0]], source)
    if isinstance(value.get("Fn::Sub"), str):
        found |= {name for name in source["Parameters"] if f"${{{name}}}" in value["Fn::Sub"]}
    return found


def undrawable(template: Template) -> list[str]:
    """What is wrong with the dashboard's text, and widgets that cover each other."""
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0]
    taken: dict[tuple[int, int], str] = {}
    found = []
    for widget in json.loads(body)["widgets"]:
        title = widget["properties"]["title"]
        columns, rows = (range(widget[start], widget[start] + widget[size]) for start, size in (("x", "width"), ("y", "height")))
        for place in itertools.product(columns, rows):
            if taken.setdefault(place, title) != title or place[0] >= WIDTH:
                found.append(f"{title} covers {taken[place]}")
                break
    return found


WIDTH = 24
"""Columns of a dashboard."""


def main() -> int:
    warnings.simplefilter("error", UserWarning)  # Moto's word for a type that it leaves out.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    tally = Tally()
    template_kinds.register()
    source = template_stack.source()
    template = template_stack.transformed({})
    tally.check("what holds data is retained, and nothing else", retained(template))
    tally.check("changed code and changed configuration publish a version", unpublished_changes())
    tally.check("a changed parameter publishes a version", unseen_parameters(source))
    tally.check("each role has its rights and no others", template_roles.problems(template))
    tally.check("each loss has its alarm, and each alarm tells somebody", template_alarms.problems(template))
    tally.check("a new version with a broken configuration gets no traffic", template_hook.problems(template))
    tally.check("the topic's subscription is where its dead-letter queue is", follows_a_topic(template))
    tally.check("the saved Athena queries answer what they ask", template_queries.problems(template))
    tally.check("the dashboard can be drawn", undrawable(template))
    with mock_aws():
        check_stacks(tally)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
