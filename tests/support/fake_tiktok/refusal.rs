//! How the fake says no, and the checks that all endpoints share.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

/// A refusal in TikTok's envelope.
///
/// Codes: TikTok's return-code page (portal doc 1737172488964097) and the enum in its official SDK. Which check
/// answers which code is only partly documented; each choice of ours is said where it is made.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: String,
    /// The caller broke the contract: no data and no state of TikTok can excuse it.
    pub(super) violation: bool,
    /// Caller's data that the message repeats, as TikTok's messages may; kept out of the violations.
    pub(super) echo: String,
}

impl Refusal {
    /// Data or state decided: a client without a mistake can get this.
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), violation: false, echo: String::new() }
    }

    /// A mistake in the client.
    pub(super) fn violation(code: i64, message: impl Into<String>) -> Self {
        Self { violation: true, ..Self::new(code, message) }
    }

    pub(super) fn echoing(mut self, data: &str) -> Self {
        data.clone_into(&mut self.echo);
        self
    }
}

/// 40002, "parameter error": what TikTok answers to whatever is wrong with a parameter.
pub(super) fn bad_parameter(message: impl Into<String>) -> Refusal {
    Refusal::violation(40002, message)
}

/// Parses a body: unknown fields and wrong types are parameter errors (ours: TikTok may ignore unknown fields).
pub(super) fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| bad_parameter(format!("the body: {error}")))
}

/// Ids are strings of digits in v1.3.
pub(super) fn digits(field: &str, id: &str) -> Result<(), Refusal> {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(bad_parameter(format!("{field}: not an id: ")).echoing(id))
}

/// A query string of known parameters, each at most once.
#[derive(Debug)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn parse(text: &str, known: &[&str]) -> Result<Self, Refusal> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if !known.contains(&name.as_ref()) {
                return Err(bad_parameter(format!("unknown parameter {name}")));
            }
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(bad_parameter(format!("parameter {name} is given twice")));
            }
        }
        Ok(Self(parameters))
    }

    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name).ok_or_else(|| bad_parameter(format!("parameter {name} is missing")))
    }

    pub(super) fn id(&self, name: &str) -> Result<&str, Refusal> {
        let id = self.required(name)?;
        digits(name, id)?;
        Ok(id)
    }

    /// A number between 1 and `most`.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.optional(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| bad_parameter(format!("parameter {name} must be 1 to {most}")))
    }

    /// 1 to 100 ids as a JSON array in one parameter, which is how TikTok takes arrays in a query.
    pub(super) fn ids(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        let wrong = |_| bad_parameter(format!("parameter {name} must be a JSON array of strings"));
        let ids: Vec<String> = serde_json::from_str(text).map_err(wrong)?;
        id_list(name, &ids)?;
        Ok(Some(ids))
    }
}

/// 1 to 100 ids: the official SDK's limit on every list of audiences; over it TikTok has 40011, "too many ids".
pub(super) fn id_list(name: &str, ids: &[String]) -> Result<(), Refusal> {
    match ids.len() {
        0 => return Err(bad_parameter(format!("{name} is empty"))),
        1..=100 => {}
        _ => return Err(Refusal::violation(40011, format!("{name}: at most 100 ids"))),
    }
    ids.iter().try_for_each(|id| digits(name, id))
}
