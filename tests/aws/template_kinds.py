"""Resources that moto's CloudFormation does not know, made through moto's own services.

Each is created by the call of AWS's SDK that CloudFormation itself makes, so that botocore checks names and types of
its properties and moto what it refers to. A type that is in neither is an error and not left out.
"""

import json
from collections.abc import Callable
from typing import Any

import boto3
import moto.cloudformation.parsing  # noqa: F401  Its own models come first, so that ours win.
from botocore.validate import validate_parameters
from moto.core.common_models import CloudFormationModel

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]
"""What `!Ref` gives, and what `!GetAtt` does."""
Make = Callable[[Any, str, Properties], Made]


def register() -> None:
    """Tells moto of all of them; it asks for the subclasses of its model."""
    for type_name, (service, make) in KINDS.items():
        _MODELS.append(_model(type_name, service, make))


_MODELS: list[type] = []


def _model(type_name: str, service: str, make: Make) -> type:
    class Model(CloudFormationModel):
        __module__ = "moto.template"  # moto sorts its models by the package that they are in.

        def __init__(self, made: Made):
            self.physical_resource_id, self._attributes = made

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

        @staticmethod
        def cloudformation_type() -> str:
            return type_name

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return True

        def get_cfn_attribute(self, name: str) -> str:
            return self._attributes[name]

        @classmethod
        def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
            client = boto3.client(service, region_name=region_name)
            return cls(make(client, resource_name, cloudformation_json["Properties"]))

    return Model


def _layer(lambdas: Any, _: str, properties: Properties) -> Made:
    """Names are given, so that two stacks could write versions of one layer."""
    return lambdas.publish_layer_version(**properties)["LayerVersionArn"], {}


def _version(lambdas: Any, _: str, properties: Properties) -> Made:
    reply = lambdas.publish_version(**properties)
    return reply["FunctionArn"], {"Version": reply["Version"]}


def _alias(lambdas: Any, _: str, properties: Properties) -> Made:
    return lambdas.create_alias(**properties)["AliasArn"], {}


def _event_invoke_config(lambdas: Any, name: str, properties: Properties) -> Made:
    lambdas.put_function_event_invoke_config(**properties)
    return name, {}


def _mapping(lambdas: Any, _: str, properties: Properties) -> Made:
    return lambdas.create_event_source_mapping(**_numbers(properties))["UUID"], {}


def _permission(lambdas: Any, name: str, properties: Properties) -> Made:
    lambdas.add_permission(StatementId=name[-64:], **properties)
    return name, {}


def _application(codedeploy: Any, name: str, properties: Properties) -> Made:
    codedeploy.create_application(applicationName=name, **_camel(properties))
    return name, {}


def _deployment_group(codedeploy: Any, name: str, properties: Properties) -> Made:
    codedeploy.create_deployment_group(deploymentGroupName=name, **_camel(properties))
    return name, {}


def _api(gateway: Any, name: str, properties: Properties) -> Made:
    """Moto imports only into an API that is there."""
    api = gateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    gateway.reimport_api(ApiId=api, Body=json.dumps(properties["Body"]))
    return api, {}


def _stage(gateway: Any, name: str, properties: Properties) -> Made:
    api = properties["ApiId"]
    known = {route["RouteKey"] for route in gateway.get_routes(ApiId=api)["Items"]}
    if unknown := properties.get("RouteSettings", {}).keys() - known:
        raise ValueError(f"settings of routes that are not there: {unknown}")
    gateway.create_stage(**_numbers(properties))
    return properties["StageName"], {}


def _queue_policy(sqs: Any, name: str, properties: Properties) -> Made:
    for url in properties["Queues"]:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})
    return name, {}


def _bucket_policy(s3: Any, name: str, properties: Properties) -> Made:
    s3.put_bucket_policy(Bucket=properties["Bucket"], Policy=json.dumps(properties["PolicyDocument"]))
    return name, {}


def _schedule(scheduler: Any, name: str, properties: Properties) -> Made:
    scheduler.create_schedule(**({"Name": name[-64:]} | properties))
    return name[-64:], {}


def _rule(events: Any, name: str, properties: Properties) -> Made:
    """The id of a rule names its bus too, but for the default one.

    Source: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1131.
    """
    bus, rule = properties.get("EventBusName", "default"), name[-64:]
    described = {"EventPattern": json.dumps(properties["EventPattern"]), "Description": properties["Description"]}
    arn = events.put_rule(Name=rule, EventBusName=bus, **described)["RuleArn"]
    events.put_targets(Rule=rule, EventBusName=bus, Targets=properties["Targets"])
    return rule if bus == "default" else f"{bus}|{rule}", {"Arn": arn}


def _subscription(sns: Any, _: str, properties: Properties) -> Made:
    """SNS takes a subscription where its topic is, and a dead-letter queue where its subscription is.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html.
    """
    attributes = {"RedrivePolicy": json.dumps(properties["RedrivePolicy"])}
    region = properties.get("Region", sns.meta.region_name)
    for arn in (properties["TopicArn"], properties["RedrivePolicy"]["deadLetterTargetArn"]):
        if arn.split(":")[3] != region:
            raise ValueError(f"a subscription in {region} with {arn}")
    reply = sns.subscribe(
        TopicArn=properties["TopicArn"], Protocol=properties["Protocol"], Endpoint=properties["Endpoint"],
        Attributes=attributes, ReturnSubscriptionArn=True,
    )
    return reply["SubscriptionArn"], {}


def _alarm(cloudwatch: Any, name: str, properties: Properties) -> Made:
    cloudwatch.put_metric_alarm(AlarmName=name, **_numbers(properties))
    return name, {"Arn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"}


def _secret(secrets: Any, name: str, properties: Properties) -> Made:
    return secrets.create_secret(Name=name, **properties)["ARN"], {}


def _delivery_stream(firehose: Any, name: str, properties: Properties) -> Made:
    given = _numbers(properties)
    given["ExtendedS3DestinationConfiguration"] = dict(given["ExtendedS3DestinationConfiguration"])
    reply = firehose.create_delivery_stream(DeliveryStreamName=name[-64:], **given)
    return name[-64:], {"Arn": reply["DeliveryStreamARN"]}


def _database(glue: Any, _: str, properties: Properties) -> Made:
    glue.create_database(**properties)
    return properties["DatabaseInput"]["Name"], {}


def _table(glue: Any, _: str, properties: Properties) -> Made:
    glue.create_table(**properties)
    return properties["TableInput"]["Name"], {}


def _work_group(athena: Any, _: str, properties: Properties) -> Made:
    given = {key: value for key, value in properties.items() if key in {"Name", "Description"}}
    athena.create_work_group(Configuration=properties["WorkGroupConfiguration"], **given)
    return properties["Name"], {}


def _named_query(athena: Any, _: str, properties: Properties) -> Made:
    return athena.create_named_query(**properties)["NamedQueryId"], {}


def _query_definition(logs: Any, name: str, properties: Properties) -> Made:
    """The one that moto has no service for: only its shape is checked, and that its log groups are there."""
    shape = logs.meta.service_model.operation_model("PutQueryDefinition").input_shape
    given = {key[0].lower() + key[1:]: value for key, value in properties.items()}
    validate_parameters(given, shape)
    groups = {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}
    if unknown := set(given["logGroupNames"]) - groups:
        raise ValueError(f"a query over log groups that are not there: {unknown}")
    return name, {}


def _camel(value: Any) -> Any:
    """CodeDeploy's SDK begins its members in lower case."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _camel(inner) for key, inner in value.items()}
    return [_camel(inner) for inner in value] if isinstance(value, list) else value


def _numbers(value: Any) -> Any:
    """CloudFormation's parameters are text, also where a property is a number."""
    if isinstance(value, dict):
        return {key: _number(inner) if key in NUMBERS else _numbers(inner) for key, inner in value.items()}
    return [_numbers(inner) for inner in value] if isinstance(value, list) else value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) else value


NUMBERS = {
    "Threshold", "ThrottlingRateLimit", "ThrottlingBurstLimit", "MaximumBatchingWindowInSeconds", "MaximumConcurrency",
    "BatchSize",
}
"""Properties that the template fills from its parameters."""

KINDS: dict[str, tuple[str, Make]] = {
    "AWS::Lambda::LayerVersion": ("lambda", _layer),
    "AWS::Lambda::Version": ("lambda", _version),
    "AWS::Lambda::Alias": ("lambda", _alias),
    "AWS::Lambda::EventInvokeConfig": ("lambda", _event_invoke_config),
    "AWS::Lambda::EventSourceMapping": ("lambda", _mapping),
    "AWS::Lambda::Permission": ("lambda", _permission),
    "AWS::CodeDeploy::Application": ("codedeploy", _application),
    "AWS::CodeDeploy::DeploymentGroup": ("codedeploy", _deployment_group),
    "AWS::ApiGatewayV2::Api": ("apigatewayv2", _api),
    "AWS::ApiGatewayV2::Stage": ("apigatewayv2", _stage),
    "AWS::SQS::QueuePolicy": ("sqs", _queue_policy),
    "AWS::S3::BucketPolicy": ("s3", _bucket_policy),
    "AWS::Scheduler::Schedule": ("scheduler", _schedule),
    "AWS::SNS::Subscription": ("sns", _subscription),
    "AWS::Events::Rule": ("events", _rule),
    "AWS::CloudWatch::Alarm": ("cloudwatch", _alarm),
    "AWS::SecretsManager::Secret": ("secretsmanager", _secret),
    "AWS::Logs::QueryDefinition": ("logs", _query_definition),
    "AWS::KinesisFirehose::DeliveryStream": ("firehose", _delivery_stream),
    "AWS::Glue::Database": ("glue", _database),
    "AWS::Glue::Table": ("glue", _table),
    "AWS::Athena::WorkGroup": ("athena", _work_group),
    "AWS::Athena::NamedQuery": ("athena", _named_query),
}
