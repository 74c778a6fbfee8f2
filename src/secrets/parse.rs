//! The text of the secret: a JSON object, or the bare token.
//!
//! Errors name a key and never show a value, so nothing of serde's wording is used.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::{Secret, SecretsError};
use crate::tiktok::{AccessToken, AdvertiserId};

/// Reads the secret. Keys that are not ours are left alone: a secret may be shared with other tools.
pub(super) fn secret(text: &str) -> Result<Secret, SecretsError> {
    match form(text)? {
        Form::Token(access_token) => Ok(Secret { access_token, ..Secret::default() }),
        Form::Object(object) => from_object(&object),
    }
}

/// The text of the secret with another token; every key but the two that come with it stays as it is.
pub(super) fn with_token(
    text: &SecretString,
    token: &AccessToken,
    advertisers: &[AdvertiserId],
) -> Result<SecretString, SecretsError> {
    let mut object = match form(text.expose_secret())? {
        Form::Token(_replaced) => Map::new(),
        Form::Object(object) => object,
    };
    let ids = advertisers.iter().map(|id| Value::from(&*id.text())).collect();
    object.insert("access_token".to_owned(), Value::from(token.expose()));
    object.insert("advertiser_ids".to_owned(), Value::Array(ids));
    Ok(SecretString::from(Value::Object(object).to_string()))
}

enum Form {
    /// A bare token; `None` if the text is blank.
    Token(Option<AccessToken>),
    Object(Map<String, Value>),
}

fn form(text: &str) -> Result<Form, SecretsError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Form::Token(None));
    }
    if !text.starts_with(['{', '[', '"']) {
        return AccessToken::parse(text).map(|token| Form::Token(Some(token))).map_err(SecretsError::NotAToken);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Form::Object(object)),
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Err(SecretsError::NotAnObject)
        }
        Err(error) => Err(SecretsError::NotJson { line: error.line(), column: error.column() }),
    }
}

fn from_object(object: &Map<String, Value>) -> Result<Secret, SecretsError> {
    Ok(Secret {
        access_token: token(object)?,
        advertiser_ids: advertisers(object)?,
        app_id: id_text(object, "app_id")?,
        app_secret: text(object, "app_secret")?.map(SecretString::from),
        webhook_secrets: texts(object, "webhook_secrets")?,
        write_keys: texts(object, "write_keys")?,
    })
}

fn token(object: &Map<String, Value>) -> Result<Option<AccessToken>, SecretsError> {
    let key = "access_token";
    let Some(token) = text(object, key)? else { return Ok(None) };
    AccessToken::parse(token)
        .map(Some)
        .map_err(|_bad| SecretsError::Invalid { key, expected: "printable ASCII without white space" })
}

fn advertisers(object: &Map<String, Value>) -> Result<Vec<AdvertiserId>, SecretsError> {
    let key = "advertiser_ids";
    let invalid = || SecretsError::Invalid { key, expected: "a list of ids (strings of digits)" };
    match object.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(ids)) => ids
            .iter()
            .map(|id| as_id_text(id).and_then(|id| AdvertiserId::parse(&id).ok()).ok_or_else(invalid))
            .collect(),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => Err(invalid()),
    }
}

/// A text that is present and not blank, without the white space around it.
fn text<'a>(object: &'a Map<String, Value>, key: &'static str) -> Result<Option<&'a str>, SecretsError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(SecretsError::Invalid { key, expected: "a string" })
        }
    }
}

/// An id of TikTok's, which people write as text or as a number.
fn id_text(object: &Map<String, Value>, key: &'static str) -> Result<Option<String>, SecretsError> {
    match object.get(key) {
        Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
        _ => Ok(text(object, key)?.map(str::to_owned)),
    }
}

fn as_id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list of texts, none of them blank: a blank key would let everyone in.
fn texts(object: &Map<String, Value>, key: &'static str) -> Result<Vec<SecretString>, SecretsError> {
    let invalid = || SecretsError::Invalid { key, expected: "a list of strings that are not blank" };
    match object.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(texts)) => texts
            .iter()
            .map(|text| text.as_str().map(str::trim).filter(|text| !text.is_empty()).ok_or_else(invalid))
            .map(|text| text.map(SecretString::from))
            .collect(),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => Err(invalid()),
    }
}

#[cfg(test)]
mod tests;
