//! The function's door: an HTTP request becomes a function URL's invocation, and its reply an HTTP response.
//!
//! Lambda's own `Invoke` has its path here too, so that `aws lambda invoke --endpoint-url` works; whoever accepts plain
//! text only, which AWS's tools never do, gets a reply laid out for reading. Sources: AWS Lambda,
//! "Invoking function URLs" (payload 2.0) and "Invoke" in its API reference.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Map, Value, json};

use super::api::{self, Ended, Origin, Sandbox};
use crate::pretty::pretty;
use crate::support::server::{Answer, Request};
use crate::table::table;

/// `Invoke`, for a function of any name.
const INVOKE: (&str, &str) = ("/2015-03-31/functions/", "/invocations");

/// What a person asks for.
const TEXT: &str = "text/plain";

/// Answers a request with what the function makes of it; nothing if the caller or the function has gone.
pub(crate) async fn answer(mut request: Request, sandbox: Arc<Sandbox>) -> Option<Answer> {
    let body = match api::body(&mut request).await? {
        Ok(body) => body,
        Err(refusal) => return Some(refusal.answer()),
    };
    let is_reader = request.header("accept") == Some(TEXT);
    let is_invoke = request.path.starts_with(INVOKE.0) && request.path.ends_with(INVOKE.1);
    let payload =
        if is_invoke { String::from_utf8_lossy(&body).into_owned() } else { as_payload(&request, &body).to_string() };
    let reply = sandbox.invoke(payload, Origin::Outside).await.ok()?.ended;
    Some(match (is_invoke, reply) {
        (true, Ok(reply)) if is_reader => {
            Answer::new(200, TEXT, table(&reply, None).unwrap_or_else(|| pretty(&reply, 0)))
        }
        (true, reply) => as_invocation(reply),
        (false, reply) => as_response(reply),
    })
}

/// A request in payload format 2.0.
fn as_payload(request: &Request, body: &[u8]) -> Value {
    let now = Timestamp::now();
    let text = std::str::from_utf8(body).ok().filter(|_| request.header("content-encoding").is_none());
    let query: Vec<_> = form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": joined(request.headers()),
        "queryStringParameters": joined(query.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "sandbox",
            "domainName": "sandbox.lambda-url.us-east-1.on.aws",
            "domainPrefix": "sandbox",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": request.header("user-agent").unwrap_or_default(),
            },
            "requestId": "sandbox",
            "routeKey": "$default",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "body": text.map_or_else(|| STANDARD.encode(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    })
}

/// Several values of one name become one, with commas between them.
fn joined<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs {
        let known = map.get(name).and_then(Value::as_str).map(|known| format!("{known},{value}"));
        map.insert(name.to_owned(), known.unwrap_or_else(|| value.to_owned()).into());
    }
    map
}

/// The reply of a function URL; an invocation that failed is a 502 that says nothing.
fn as_response(reply: Ended) -> Answer {
    let Ok(reply) = reply else {
        return Answer::new(502, "application/json", r#"{"Message":"Internal Server Error"}"#);
    };
    let reply: Value = serde_json::from_str(&reply).unwrap_or_default();
    let status = reply["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
    let body = reply["body"].as_str().unwrap_or_default();
    let body = if reply["isBase64Encoded"] == true { STANDARD.decode(body).unwrap_or_default() } else { body.into() };
    let mut answer = Answer { headers: Vec::new(), ..Answer::new(status, "", body) };
    for (name, value) in reply["headers"].as_object().into_iter().flatten() {
        answer = answer.with_header(name.clone(), value.as_str().unwrap_or_default());
    }
    answer
}

/// The answer of `Invoke`: HTTP 200 in any case, a failure marked by a header.
fn as_invocation(reply: Ended) -> Answer {
    match reply {
        Ok(reply) => Answer::new(200, "application/json", reply),
        Err(error) => {
            let Diagnostic { error_type, error_message } = error;
            let error = json!({ "errorType": error_type, "errorMessage": error_message });
            Answer::new(200, "application/json", error.to_string()).with_header("x-amz-function-error", "Unhandled")
        }
    }
}
