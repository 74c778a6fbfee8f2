//! The sandbox's own HTTP: look at the world, break it, fix it.
//!
//! Not to be mistaken for the function's control operations; it knows nothing of the function.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::api;
use super::changes::{AudienceChange, ConsentChange, TokenChange};
use super::faults::FaultOrder;
use crate::support::fake_sqs::Message;
use crate::support::fake_tiktok::{Audience, Call};
use crate::support::server::{Answer, Request};
use crate::world::World;

/// What can be asked for, with what it is good for.
pub(crate) const ROUTES: [(&str, &str); 11] = [
    ("GET /members", "hashed identifiers by audience"),
    ("GET /audiences", "all audiences, deleted ones included"),
    ("GET /calls", "what TikTok received and answered"),
    ("GET /rejected", "what is in the dead-letter queue"),
    ("GET /secret", "what the secret holds"),
    ("PUT /secret", "store the body as the secret"),
    (
        "PUT /audiences",
        "make or change one: {\"name\": \"vip\", \"size\": 2000, \"expires\": \"2026-12-31T00:00:00Z\"}",
    ),
    ("PUT /token", "what it is good for: {\"life\": \"revoked\"}, {\"scopes\": [30]}"),
    ("PUT /consent", "what the advertiser does: \"asked\", \"given\", \"refused\""),
    ("POST /faults", "break calls: {\"fault\": 40100, \"endpoint\": \"/segment/mapping/\", \"times\": 1}"),
    ("POST /reset", "everything as at the start"),
];

/// A refusal: HTTP status and sentence.
type Refusal = (u16, String);

/// Answers a request; nothing if the caller has gone.
pub(crate) async fn answer(mut request: Request, world: Arc<World>) -> Option<Answer> {
    if let Err(refused) = api::admitted(&request) {
        return Some(refused);
    }
    let body = match api::body(&mut request).await? {
        Ok(body) => body,
        Err(refusal) => return Some(refusal.answer()),
    };
    let (status, reply) = match respond(&request, &body, &world).await {
        Ok(reply) => (200, reply),
        Err((status, message)) => (status, json!({ "error": message })),
    };
    // The line ends for the terminal's sake.
    Some(Answer::new(status, "application/json", format!("{reply}\n")))
}

async fn respond(request: &Request, body: &[u8], world: &World) -> Result<Value, Refusal> {
    let route = format!("{} {}", request.method, request.path);
    if route == "POST /reset" {
        world.begin_anew().await;
        return Ok(json!({}));
    }
    match shown(&route, world) {
        Some(shown) => Ok(shown),
        None => changed(&route, body, world),
    }
}

fn shown(route: &str, world: &World) -> Option<Value> {
    Some(match route {
        "GET /members" => json!(world.members()),
        "GET /audiences" => world.tiktok.audiences().iter().map(|audience| audience_json(audience, world)).collect(),
        "GET /calls" => world.tiktok.calls().iter().map(call_json).collect(),
        "GET /rejected" => world.rejected().iter().map(message_json).collect(),
        "GET /secret" => world.secret().into(),
        _ => return None,
    })
}

fn changed(route: &str, body: &[u8], world: &World) -> Result<Value, Refusal> {
    match route {
        "PUT /secret" => world.set_secret(std::str::from_utf8(body).map_err(|error| (400, error.to_string()))?),
        "PUT /audiences" => {
            let id = read::<AudienceChange>(body)?.apply(&world.tiktok).map_err(|message| (400, message))?;
            return Ok(json!({ "audience_id": id }));
        }
        "PUT /token" => read::<TokenChange>(body)?.apply(world),
        "PUT /consent" => read::<ConsentChange>(body)?.apply(&world.tiktok),
        "POST /faults" => read::<FaultOrder>(body)?.place(&world.tiktok).map_err(|message| (400, message))?,
        _ => return Err((404, format!("there is {}", ROUTES.map(|(route, _)| route).join(", ")))),
    }
    Ok(json!({}))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| (400, error.to_string()))
}

/// An audience as it is.
pub(crate) fn audience_json(audience: &Audience, world: &World) -> Value {
    json!({
        "audience_id": audience.id,
        "advertiser_id": audience.advertiser,
        "name": audience.name,
        "audience_type": audience.kind,
        "condition": format!("{:?}", audience.condition).to_lowercase(),
        "size": audience.size,
        "expires": audience.expires.map(|expires| expires.to_string()),
        "members": world.tiktok.member_count(&audience.id),
    })
}

/// A call as TikTok received it.
pub(crate) fn call_json(call: &Call) -> Value {
    json!({
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "body": call.json(),
        "status": call.status,
        "code": call.code,
        "request_id": call.request_id,
        "faulted": call.faulted,
    })
}

pub(crate) fn message_json(message: &Message) -> Value {
    let attributes: serde_json::Map<_, _> = message
        .attributes
        .iter()
        .map(|(name, attribute)| (name.clone(), attribute.string_value.clone().into()))
        .collect();
    json!({ "body": message.body, "attributes": attributes })
}
