//! The routes, and what stands in the way of others.

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /events`: events of any CDP's webhooks.
    Events,
    /// `POST /v1/{type}`: what the SDKs of Segment and RudderStack send.
    Sdk(SdkCall),
    /// `POST /webhook-audiences/{key}`: Segment creates or looks up an audience.
    WebhookAudiences {
        /// The write key in the path.
        key: String,
    },
    /// `GET /oauth/callback`: TikTok sends the advertiser back.
    OauthCallback,
    /// `GET /health`
    Health,
}

/// An SDK endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdkCall {
    /// One message of the type that the path names.
    One(&'static str),
    /// `batch` and the older `import`.
    Batch,
}

/// Why there is no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Unknown path.
    #[error("no such path")]
    NotFound,
    /// Known path, other method.
    #[error("use {0}")]
    WrongMethod(&'static str),
}

/// The message types that have an SDK endpoint of their own.
const SDK_TYPES: [&str; 6] = ["track", "identify", "page", "screen", "group", "alias"];

impl Route {
    /// The route of a method and a path.
    ///
    /// # Errors
    /// See [`RouteError`].
    pub fn find(method: &str, path: &str) -> Result<Self, RouteError> {
        let (route, expected) = Self::of_path(path).ok_or(RouteError::NotFound)?;
        if method.eq_ignore_ascii_case(expected) { Ok(route) } else { Err(RouteError::WrongMethod(expected)) }
    }

    fn of_path(path: &str) -> Option<(Self, &'static str)> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        if let Some(call) = path.strip_prefix("v1/") {
            let call = match call {
                "batch" | "import" => SdkCall::Batch,
                other => SdkCall::One(SDK_TYPES.into_iter().find(|kind| *kind == other)?),
            };
            return Some((Self::Sdk(call), "POST"));
        }
        if let Some(key) = path.strip_prefix("webhook-audiences/") {
            let is_segment = !key.is_empty() && !key.contains('/');
            return is_segment.then(|| (Self::WebhookAudiences { key: key.to_owned() }, "POST"));
        }
        match path {
            "events" => Some((Self::Events, "POST")),
            "oauth/callback" => Some((Self::OauthCallback, "GET")),
            "health" => Some((Self::Health, "GET")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found_by_path_and_method() {
        let webhook = Route::WebhookAudiences { key: "k".to_owned() };
        for (method, path, expected) in [
            ("POST", "/events", Ok(Route::Events)),
            ("POST", "/events/", Ok(Route::Events)),
            ("POST", "/v1/track", Ok(Route::Sdk(SdkCall::One("track")))),
            ("POST", "/v1/batch", Ok(Route::Sdk(SdkCall::Batch))),
            ("POST", "/v1/import", Ok(Route::Sdk(SdkCall::Batch))),
            ("POST", "/webhook-audiences/k", Ok(webhook)),
            ("GET", "/oauth/callback", Ok(Route::OauthCallback)),
            ("GET", "/health", Ok(Route::Health)),
            ("GET", "/events", Err(RouteError::WrongMethod("POST"))),
            ("DELETE", "/health", Err(RouteError::WrongMethod("GET"))),
            ("POST", "/v1/nope", Err(RouteError::NotFound)),
            ("POST", "/v2/track", Err(RouteError::NotFound)),
            ("POST", "/webhook-audiences/", Err(RouteError::NotFound)),
            ("POST", "/webhook-audiences/a/b", Err(RouteError::NotFound)),
            ("POST", "events", Err(RouteError::NotFound)),
            ("POST", "/", Err(RouteError::NotFound)),
        ] {
            assert_eq!(Route::find(method, path), expected, "{method} {path}");
        }
    }
}
