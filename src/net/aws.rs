//! Who calls AWS, and where its services are; no credentials chain.
//!
//! It knows nothing of what the services are used for. Region, credentials and endpoints come in as values; only the
//! configuration reads the environment.

use std::fmt;

use secrecy::SecretString;

/// The domains of regions that are not in `amazonaws.com`, by how their names begin.
///
/// Source: the table of partitions in AWS's SDKs.
const DOMAINS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];

/// The address of a service of AWS in a region, such as `https://sqs.eu-west-1.amazonaws.com`.
pub fn address(service: &str, region: &str) -> String {
    let domain = DOMAINS.iter().find(|(beginning, _)| region.starts_with(beginning));
    format!("https://{service}.{region}.{}", domain.map_or("amazonaws.com", |(_, domain)| domain))
}

/// Who calls AWS, and where; Lambda sets all of it.
#[derive(Clone, Debug, Default)]
pub struct AwsSettings {
    /// `AWS_REGION`.
    pub region: Option<String>,
    /// The function's own credentials.
    pub keys: Option<AwsKeys>,
}

/// Credentials of a role: they last longer than the sandbox that has them.
#[derive(Clone)]
pub struct AwsKeys {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: SecretString,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<SecretString>,
}

/// Prints nothing of the credentials.
impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsKeys(..)")
    }
}

/// What is missing for any call to AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// No region.
    #[error("no AWS region is set (AWS_REGION)")]
    NoRegion,
    /// No credentials.
    #[error("no AWS credentials are set (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)")]
    NoCredentials,
    /// The region makes no address, or the endpoint's is none.
    #[error("the address of an AWS service can't be called (AWS_REGION, AWS_ENDPOINT_URL)")]
    Address,
}

impl AwsSettings {
    /// The region.
    ///
    /// # Errors
    /// There is none.
    pub fn region(&self) -> Result<&str, AwsError> {
        self.region.as_deref().ok_or(AwsError::NoRegion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_domain() {
        for (region, expected) in [
            ("eu-west-1", "https://sqs.eu-west-1.amazonaws.com"),
            ("us-gov-west-1", "https://sqs.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://sqs.eusc-de-east-1.amazonaws.eu"),
            ("us-iso-east-1", "https://sqs.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "https://sqs.us-isob-east-1.sc2s.sgov.gov"),
            ("eu-isoe-west-1", "https://sqs.eu-isoe-west-1.cloud.adc-e.uk"),
            ("us-isof-south-1", "https://sqs.us-isof-south-1.csp.hci.ic.gov"),
        ] {
            assert_eq!(address("sqs", region), expected);
        }
    }
}
