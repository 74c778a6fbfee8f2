//! Faults as JSON, for whoever scripts TikTok from another process.

use std::time::Duration;

use serde::Deserialize;

use crate::support::fake_tiktok::{Endpoint, FakeTiktok, Fault, Rule, Scripted};

/// One fault, and which calls meet it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultOrder {
    /// TikTok's code, or the name of another fault.
    fault: FaultName,
    /// With a code: TikTok's message.
    message: Option<String>,
    /// With a code or alone: the HTTP status.
    status: Option<u16>,
    /// With `delay`, `slow_head` and `slow_body`: milliseconds.
    milliseconds: Option<u64>,
    /// Whether the call takes effect all the same.
    #[serde(default)]
    applied: bool,
    /// Only calls of this endpoint, such as `/segment/mapping/`.
    endpoint: Option<String>,
    /// Only calls whose body or query has this text.
    mentioning: Option<String>,
    /// How many calls; all, if it is null.
    #[serde(default = "once")]
    times: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum FaultName {
    Code(i64),
    Name(String),
}

// Nothing means every call, so that what is not said needs a value of its own.
#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
const fn once() -> Option<u64> {
    Some(1)
}

/// The names that need no code.
const NAMES: [&str; 17] = [
    "status",
    "garbage",
    "empty_body",
    "invalid_utf8",
    "string_code",
    "fraction_code",
    "null_code",
    "missing_code",
    "wrong_content_type",
    "hang_up_before_body",
    "hang_up_after_body",
    "truncated_head",
    "truncated_body",
    "hang",
    "delay",
    "slow_head",
    "slow_body",
];

impl FaultOrder {
    /// Has TikTok play it from now on.
    pub(crate) fn place(self, tiktok: &FakeTiktok) -> Result<(), String> {
        let rule = self.rule()?;
        let fault = self.fault()?;
        let scripted = Scripted::from(fault);
        let applied = self.applied || scripted.applied;
        tiktok.rule(rule, Scripted { applied, ..scripted });
        Ok(())
    }

    fn rule(&self) -> Result<Rule, String> {
        let mut rule = match &self.endpoint {
            None => Rule::any(),
            Some(path) => {
                let endpoint = Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == path);
                let paths = Endpoint::ALL.map(Endpoint::path).join(", ");
                Rule::on(endpoint.ok_or_else(|| format!("endpoint is none of {paths}"))?)
            }
        };
        if let Some(text) = &self.mentioning {
            rule = rule.mentioning(text);
        }
        Ok(self.times.map_or(rule.clone(), |times| rule.first(times)))
    }

    fn fault(&self) -> Result<Fault, String> {
        let name = match (&self.fault, &self.message, self.status) {
            (FaultName::Code(_), Some(_), Some(_)) => return Err("message and status exclude each other".to_owned()),
            (&FaultName::Code(code), Some(message), None) => {
                return Ok(Fault::Message { code, message: message.clone() });
            }
            (&FaultName::Code(code), None, Some(status)) => return Ok(Fault::CodeWithStatus { status, code }),
            (&FaultName::Code(code), None, None) => return Ok(Fault::Code(code)),
            (FaultName::Name(name), ..) => name.as_str(),
        };
        let pause = Duration::from_millis(self.milliseconds.unwrap_or(1_000));
        Ok(match name {
            "status" => Fault::Status(self.status.ok_or("the status is missing")?),
            "garbage" => Fault::Garbage,
            "empty_body" => Fault::EmptyBody,
            "invalid_utf8" => Fault::InvalidUtf8,
            "string_code" => Fault::StringCode,
            "fraction_code" => Fault::FractionCode,
            "null_code" => Fault::NullCode,
            "missing_code" => Fault::MissingCode,
            "wrong_content_type" => Fault::WrongContentType,
            "hang_up_before_body" => Fault::HangUpBeforeBody,
            "hang_up_after_body" => Fault::HangUpAfterBody,
            "truncated_head" => Fault::TruncatedHead,
            "truncated_body" => Fault::TruncatedBody,
            "hang" => Fault::Hang,
            "delay" => Fault::Delay(pause),
            "slow_head" => Fault::SlowHead(pause),
            "slow_body" => Fault::SlowBody(pause),
            _ => return Err(format!("fault is neither a code nor one of {}", NAMES.join(", "))),
        })
    }
}
