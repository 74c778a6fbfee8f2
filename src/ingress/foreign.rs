//! Objects that are no events, named by what they look like.

use std::fmt;

use crate::json::{Kind, Value};

/// The members of an event, and that of a deletion request of `RudderStack`; an object with none of them is something else.
const MEMBERS: [&str; 14] = [
    "type",
    "action",
    "event",
    "name",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "messageId",
    "traits",
    "properties",
    "context",
    "integrations",
    "regulationType",
];

/// Members by which the invocations of other services are known. Source: AWS Lambda Developer Guide, the page of each.
const SERVICES: [(&[&str], &str); 13] = [
    (&["bucket", "object"], "an event of S3 about an object"),
    (&["deliveryStreamArn", "records"], "a transformation of Amazon Data Firehose"),
    (&["awslogs"], "a subscription of CloudWatch Logs"),
    (&["Items"], "a batch of a Step Functions map"),
    (&["invocationSchemaVersion", "tasks"], "a job of S3 Batch Operations"),
    (&["triggerSource", "userPoolId"], "a trigger of Amazon Cognito"),
    (&["RequestType", "ResponseURL"], "a custom resource of CloudFormation"),
    (&["CodePipeline.job"], "a job of CodePipeline"),
    (&["invokingEvent", "configRuleName"], "a rule of AWS Config"),
    (&["SecretId", "ClientRequestToken", "Step"], "a rotation of Secrets Manager"),
    (&["bot", "sessionState"], "an intent of Amazon Lex"),
    (&["authorizationToken", "methodArn"], "an authorizer of API Gateway"),
    (&["arguments", "info"], "a resolver of AppSync"),
];

/// Members by which envelopes are known that are opened where their service delivers them, and nowhere else.
const ENVELOPES: [(&[&str], &str); 3] = [
    (&["Type", "TopicArn"], "SNS"),
    (&["detail-type", "detail"], "EventBridge"),
    (&["Records"], "SQS, Kinesis or SNS"),
];

/// What an object that is no event looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign(Looks);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    OfService(&'static str),
    EnvelopeOf(&'static str),
    /// An envelope of several events, where there should be one.
    OfSeveral,
    Unknown,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Looks::OfService(service) => write!(f, "this is {service}, which carries no events for this function"),
            Looks::EnvelopeOf(service) => {
                write!(f, "this is an envelope of {service}, which is not opened here: send the event in it")
            }
            Looks::OfSeveral => f.write_str(
                "the object holds several events: send them as an array or as {\"batch\": […]} that is the whole body, \
                 or one per line",
            ),
            Looks::Unknown => f.write_str(
                "the object has none of an event's members (type, event, userId, traits, properties and others)",
            ),
        }
    }
}

/// Recognises an object that is no event; none for events, and for what is no object.
pub(super) fn recognise(root: Value<'_>) -> Option<Foreign> {
    let is_event = || root.members().any(|(key, _)| key.as_str().is_some_and(|key| MEMBERS.contains(&&*key)));
    if root.kind() != Kind::Object || is_event() {
        return None;
    }
    let has_all = |members: &[&str]| members.iter().all(|member| root.get(member).is_some());
    let has_events =
        || ["events", "batch"].iter().any(|name| root.get(name).is_some_and(|it| it.kind() == Kind::Array));
    let named = |rows: &[(&[&str], &'static str)]| {
        rows.iter().find(|(members, _)| has_all(members)).map(|(_, service)| *service)
    };
    let looks = named(&SERVICES).map(Looks::OfService).or_else(|| named(&ENVELOPES).map(Looks::EnvelopeOf));
    Some(Foreign(looks.unwrap_or_else(|| if has_events() { Looks::OfSeveral } else { Looks::Unknown })))
}
