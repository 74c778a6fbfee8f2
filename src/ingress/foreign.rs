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
const SERVICES: [(&[&str], &str); 12] = [
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

/// What an object that is no event looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign(Looks);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    OfService(&'static str),
    /// An envelope of several events, where there should be one.
    OfSeveral,
    Unknown,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Looks::OfService(service) => write!(f, "this is {service}, which carries no events for this function"),
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
    Some(Foreign(match SERVICES.into_iter().find(|(members, _)| has_all(members)) {
        Some((_, service)) => Looks::OfService(service),
        None if has_events() => Looks::OfSeveral,
        None => Looks::Unknown,
    }))
}
