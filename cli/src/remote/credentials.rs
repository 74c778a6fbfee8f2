//! Who one is at AWS, and in which region: from variables, a profile with keys, or AWS's own command line for whatever
//! needs more than a file (single sign-on, roles, processes).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tiktok_audiences::net::aws::{AwsKeys, AwsSettings};

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialsError {
    /// No region.
    #[error("no region: use --region, AWS_REGION, or `region` in the profile")]
    NoRegion,
    /// Neither keys nor somebody who has them.
    #[error(
        "no keys for the profile {profile}: its file has none, and `aws configure export-credentials` gave none ({why})"
    )]
    NoKeys {
        /// The profile.
        profile: String,
        /// What AWS's command line said.
        why: String,
    },
}

/// An environment variable that is not blank.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the command's own environment is not the function's")]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.trim().is_empty())
}

/// Finds both for a function.
pub(super) fn find(
    profile: Option<&str>,
    region: Option<&str>,
    function: &str,
) -> Result<AwsSettings, CredentialsError> {
    let settings = Settings::read();
    let named = profile.map(str::to_owned).or_else(|| variable("AWS_PROFILE"));
    let of_arn = function.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2)).map(str::to_owned);
    let name = named.clone().unwrap_or_else(|| "default".to_owned());
    let region = region.map(str::to_owned).or(of_arn).or_else(|| variable("AWS_REGION"));
    let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).or_else(|| settings.value(&name, "region"));
    let region = region.ok_or(CredentialsError::NoRegion)?;
    let of_variables = || {
        let secret = variable("AWS_SECRET_ACCESS_KEY")?;
        Some(keys(variable("AWS_ACCESS_KEY_ID")?, secret, variable("AWS_SESSION_TOKEN")))
    };
    // Who names a profile means it.
    let found = if profile.is_none() { of_variables() } else { None };
    let found = found.or_else(|| settings.keys(&name)).map_or_else(|| exported(&name, named.is_some()), Ok)?;
    Ok(AwsSettings { region: Some(region), keys: Some(found) })
}

fn keys(access_key_id: String, secret_access_key: String, session_token: Option<String>) -> AwsKeys {
    AwsKeys { access_key_id, secret_access_key: secret_access_key.into(), session_token: session_token.map(Into::into) }
}

/// What AWS's command line has for a profile.
fn exported(name: &str, is_named: bool) -> Result<AwsKeys, CredentialsError> {
    let failed = |why: String| CredentialsError::NoKeys { profile: name.to_owned(), why };
    let mut command = Command::new("aws");
    command.args(["configure", "export-credentials", "--format", "process"]);
    if is_named {
        command.args(["--profile", name]);
    }
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(why_not(&String::from_utf8_lossy(&output.stderr))));
    }
    let parsed: Value = serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
    let text = |key: &str| parsed[key].as_str().map(str::to_owned);
    match (text("AccessKeyId"), text("SecretAccessKey")) {
        (Some(id), Some(secret)) => Ok(keys(id, secret, text("SessionToken"))),
        _ => Err(failed("its answer has no keys".to_owned())),
    }
}

/// What AWS's command line says. One that does not know the command prints how all others are used.
pub(super) fn why_not(said: &str) -> String {
    let said = said.trim();
    if said.contains("invalid choice") || said.starts_with("usage:") {
        return "it needs AWS CLI version 2".to_owned();
    }
    said.to_owned()
}

/// AWS's two files, by profile.
#[derive(Debug, Default)]
pub(super) struct Settings {
    profiles: BTreeMap<String, BTreeMap<String, String>>,
}

impl Settings {
    fn read() -> Self {
        let home = variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from).unwrap_or_default();
        let mut settings = Self::default();
        for (named, usual) in [("AWS_CONFIG_FILE", ".aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")]
        {
            let path = variable(named).map_or_else(|| home.join(usual), PathBuf::from);
            settings.add(&std::fs::read_to_string(path).unwrap_or_default());
        }
        settings
    }

    /// Adds the profiles of a file; what is said twice counts as it is said last.
    pub(super) fn add(&mut self, text: &str) {
        let mut profile = None;
        for line in text.lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                // Other sections, like `sso-session x`, are no profiles.
                let name = section.trim().strip_prefix("profile ").unwrap_or(section).trim();
                profile = Some(name.to_owned()).filter(|name| !name.contains(' '));
            } else if let (Some(profile), Some((key, value))) = (&profile, line.split_once('='))
                && !line.starts_with(['#', ';'])
            {
                let values = self.profiles.entry(profile.clone()).or_default();
                values.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    pub(super) fn value(&self, profile: &str, key: &str) -> Option<String> {
        self.profiles.get(profile)?.get(key).filter(|value| !value.is_empty()).cloned()
    }

    /// The keys in the file; none for a profile that stands for a role.
    pub(super) fn keys(&self, profile: &str) -> Option<AwsKeys> {
        if self.value(profile, "role_arn").is_some() {
            return None;
        }
        let secret = self.value(profile, "aws_secret_access_key")?;
        Some(keys(self.value(profile, "aws_access_key_id")?, secret, self.value(profile, "aws_session_token")))
    }
}
