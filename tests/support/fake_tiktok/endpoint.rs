//! Which endpoints there are, and what each needs before its parameters are looked at.

/// An endpoint below `/open_api/v1.3`.
///
/// Sources: `/segment/*` from the reference on which Segment's and RudderStack's connectors were built, the rest from
/// the yml files of TikTok's official SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// Add or remove members: `POST /segment/mapping/`.
    Mapping,
    /// Create or delete an audience: `POST /segment/audience/`.
    SegmentAudience,
    /// `GET /dmp/custom_audience/list/`.
    AudienceList,
    /// `GET /dmp/custom_audience/get/`.
    AudienceGet,
    /// `POST /dmp/custom_audience/delete/`.
    AudienceDelete,
    /// `POST /dmp/custom_audience/share/`.
    Share,
    /// `POST /dmp/custom_audience/share/cancel/`.
    ShareCancel,
    /// `GET /dmp/custom_audience/share/log/`.
    ShareLog,
    /// `GET /dmp/custom_audience/apply/log/`.
    ApplyLog,
    /// `GET /audience/insight/overlap/`.
    Overlap,
    /// Whose token it is: `GET /user/info/`.
    UserInfo,
    /// Advertisers that the token may use: `GET /oauth2/advertiser/get/`.
    AdvertiserList,
    /// Code to token: `POST /oauth2/access_token/`.
    AccessToken,
    /// `POST /oauth2/revoke_token/`.
    RevokeToken,
    /// `GET /advertiser/info/`.
    AdvertiserInfo,
}

/// The base path of all endpoints.
pub(super) const BASE_PATH: &str = "/open_api/v1.3";

impl Endpoint {
    /// All endpoints.
    pub const ALL: [Self; 15] = [
        Self::Mapping,
        Self::SegmentAudience,
        Self::AudienceList,
        Self::AudienceGet,
        Self::AudienceDelete,
        Self::Share,
        Self::ShareCancel,
        Self::ShareLog,
        Self::ApplyLog,
        Self::Overlap,
        Self::UserInfo,
        Self::AdvertiserList,
        Self::AccessToken,
        Self::RevokeToken,
        Self::AdvertiserInfo,
    ];

    /// The path below the base path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Mapping => "/segment/mapping/",
            Self::SegmentAudience => "/segment/audience/",
            Self::AudienceList => "/dmp/custom_audience/list/",
            Self::AudienceGet => "/dmp/custom_audience/get/",
            Self::AudienceDelete => "/dmp/custom_audience/delete/",
            Self::Share => "/dmp/custom_audience/share/",
            Self::ShareCancel => "/dmp/custom_audience/share/cancel/",
            Self::ShareLog => "/dmp/custom_audience/share/log/",
            Self::ApplyLog => "/dmp/custom_audience/apply/log/",
            Self::Overlap => "/audience/insight/overlap/",
            Self::UserInfo => "/user/info/",
            Self::AdvertiserList => "/oauth2/advertiser/get/",
            Self::AccessToken => "/oauth2/access_token/",
            Self::RevokeToken => "/oauth2/revoke_token/",
            Self::AdvertiserInfo => "/advertiser/info/",
        }
    }

    /// The HTTP method.
    pub const fn method(self) -> &'static str {
        match self {
            Self::Mapping
            | Self::SegmentAudience
            | Self::AudienceDelete
            | Self::Share
            | Self::ShareCancel
            | Self::AccessToken
            | Self::RevokeToken => "POST",
            Self::AudienceList
            | Self::AudienceGet
            | Self::ShareLog
            | Self::ApplyLog
            | Self::Overlap
            | Self::UserInfo
            | Self::AdvertiserList
            | Self::AdvertiserInfo => "GET",
        }
    }

    /// Scopes of which the token must have one; a parent scope implies its children.
    ///
    /// Source: TikTok's permission index: 3 audience management, 30 read, 31 write and 32 share below it; 1 ad account
    /// management, 10 ad account information below it.
    pub(super) const fn scopes(self) -> &'static [u32] {
        match self {
            Self::Mapping | Self::SegmentAudience | Self::AudienceDelete => &[3, 31],
            Self::AudienceList | Self::AudienceGet | Self::ApplyLog | Self::Overlap => &[3, 30],
            Self::Share | Self::ShareCancel | Self::ShareLog => &[3, 32],
            Self::AdvertiserInfo => &[1, 10],
            Self::UserInfo | Self::AdvertiserList | Self::AccessToken | Self::RevokeToken => &[],
        }
    }

    /// Whether the call needs the `Access-Token` header.
    pub(super) const fn needs_token(self) -> bool {
        !matches!(self, Self::AccessToken | Self::RevokeToken)
    }

    /// The endpoint of a full path.
    pub(super) fn at(path: &str) -> Option<Self> {
        let path = path.strip_prefix(BASE_PATH)?;
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }
}
