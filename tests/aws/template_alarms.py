"""The alarms of template.yaml: that each place where events can be lost unseen has one, and that it watches what is there."""

from typing import Any

import boto3
from template_stack import Template

LOSSES = {
    "BusDivertedAlarm": ("HasEventBus", "AWS/Events", "InvocationsSentToDlq"),
    "BusLostAlarm": ("HasEventBus", "AWS/Events", "InvocationsFailedToBeSentToDlq"),
    "TopicDivertedAlarm": ("HasEventTopic", "AWS/SNS", "NumberOfNotificationsRedrivenToDlq"),
    "TopicLostAlarm": ("HasEventTopic", "AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq"),
    "LostFailuresAlarm": (None, "AWS/Lambda", "DestinationDeliveryFailures"),
    "DeliverLostFailuresAlarm": ("HasStream", "AWS/Lambda", "DestinationDeliveryFailures"),
    "StreamGivenUpAlarm": ("HasStream", "AWS/Lambda", "OnFailureDestinationDeliveredEventCount"),
    "StreamDroppedAlarm": ("HasStream", "AWS/Lambda", "DroppedEventCount"),
    "DeliverJournalAlarm": ("HasJournal", "TikTokAudiences", "JournalFailed"),
    "IngestJournalAlarm": ("HasJournal", "TikTokAudiences", "JournalFailed"),
    "JournalAgeAlarm": ("HasJournal", "AWS/Firehose", "DeliveryToS3.DataFreshness"),
    "ListFailedAlarm": ("HasLists", "AWS/States", "ExecutionsFailed"),
}
"""Where an event, or the line or message about one, can end without the function: which alarm tells, and on what condition."""
UNNOTIFIED = {"IngestDeploymentAlarm", "DeliverDeploymentAlarm", "ControlDeploymentAlarm"}
"""CodeDeploy reads them."""


def problems(template: Template) -> list[str]:
    """Losses that nothing tells of, and alarms that would tell nobody or ring for want of data."""
    alarms = {name: given for name, given in template["Resources"].items() if given["Type"] == "AWS::CloudWatch::Alarm"}
    found = []
    for name, expected in LOSSES.items():
        given = alarms.get(name, {})
        properties = given.get("Properties", {})
        watched = (given.get("Condition"), properties.get("Namespace"), properties.get("MetricName"))
        found += [] if watched == expected else [f"{name} watches {watched}"]
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for name, given in alarms.items():
        properties = given["Properties"]
        if (properties.get("AlarmActions") == topic) == (name in UNNOTIFIED):
            found.append(f"{name} notifies {properties.get('AlarmActions')}")
        if not _silences(properties.get("TreatMissingData")) <= {"notBreaching", "ignore"}:
            found.append(f"{name} rings where nothing happens")
    if "ignore" in _silences(alarms["IngestTokenAlarm"]["Properties"]["TreatMissingData"], UseBuffer=True):
        found.append("IngestTokenAlarm waits, with the buffer, for a call that Ingest does not make")
    return found


def _silences(given: Any, **conditions: bool) -> set[str]:
    """What may become of an alarm without data, under these conditions and any others."""
    if not isinstance(given, dict):
        return {str(given)}
    condition, true, false = given["Fn::If"]
    branches = [true, false] if condition not in conditions else [true if conditions[condition] else false]
    return set().union(*(_silences(branch, **conditions) for branch in branches))


def unwatched(stack: str, ids: dict[str, str], parameters: dict[str, str]) -> list[str]:
    """Alarms of a created stack whose dimensions are not those by which AWS counts what they are about."""
    bus, _, rule = ids["BusRule"].rpartition("|")
    # Of the default bus the rule alone: "Monitoring Amazon EventBridge".
    of_rule = {"RuleName": rule} | ({"EventBusName": bus} if bus else {})
    of_topic = {"TopicName": parameters["EventTopicArn"].rpartition(":")[2]}
    expected = {
        "BusDivertedAlarm": of_rule, "BusLostAlarm": of_rule, "TopicDivertedAlarm": of_topic, "TopicLostAlarm": of_topic,
        "StreamDroppedAlarm": {"EventSourceMappingUUID": ids["StreamMapping"]},
        "DeliverLostFailuresAlarm": {"FunctionName": ids["DeliverFunction"]},
        "JournalAgeAlarm": {"DeliveryStreamName": ids["JournalStream"]},
    }
    names = [ids[name] for name in expected if name in ids]
    alarms = boto3.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    watched = {alarm["AlarmName"]: _dimensions(alarm) for alarm in alarms}
    found = [f"{stack} has no {name}" for name in expected if name not in ids]
    return found + [
        f"{stack}: {name} watches {watched.get(ids[name])}, not {dimensions}"
        for name, dimensions in expected.items() if name in ids and watched.get(ids[name]) != dimensions
    ]


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {given["Name"]: given["Value"] for given in alarm["Dimensions"]}
