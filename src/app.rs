//! Everything that outlives an invocation: built once per cold start, borrowed by every handler.
//!
//! What is kept between invocations are caches that may be lost at any time: the secret, names of audiences,
//! connections, the limiter.

use std::borrow::Cow;
use std::num::NonZeroU32;

use crate::config::{Config, Environment, Problem};
use crate::delivery::audience_lookup::AudienceLookup;
use crate::delivery::{DeliveryContext, Journaling};
use crate::destination::Router;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::net::aws::AwsError;
use crate::net::https::{HttpsError, Tls};
use crate::net::signed::SignedClient;
use crate::queue::{FifoQueue, Queue};
use crate::secrets::Secrets;
use crate::tiktok::{Client, Limiter};

/// The function, ready for invocations.
#[derive(Debug)]
pub struct App {
    /// The environment.
    pub environment: Environment,
    /// The destination.
    pub router: Router,
    /// TikTok's API.
    pub client: Client,
    /// The destination's secret.
    pub secrets: Secrets,
    /// Audiences by name.
    pub audience_lookup: AudienceLookup,
    /// Takes events before their delivery, where there is such a queue.
    pub buffer: Option<Queue>,
    /// Takes events that can't be delivered, where there is such a queue.
    pub rejected: Option<Queue>,
    /// Takes events to be tried again on their own, where there is such a queue.
    pub redrive: Option<Queue>,
    /// Services of AWS without an SDK: queues, objects of lists, the journal, metrics and logs.
    pub aws: SignedClient,
    /// Takes a line per identifier that was delivered, where there is such a stream.
    pub journal: Option<Journal>,
    /// What is counted.
    pub metrics: Metrics,
    /// What works in the configuration, but probably not as meant.
    pub warnings: Vec<Problem>,
}

/// Why the function can't start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The HTTPS client.
    #[error(transparent)]
    Https(#[from] HttpsError),
    /// The address of TikTok's API.
    #[error("the address of TikTok's API can't be called")]
    Address(#[from] http::Error),
    /// The AWS clients.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A queue.
    #[error(transparent)]
    Queue(#[from] FifoQueue),
}

impl App {
    /// Builds the clients; nothing is sent yet.
    ///
    /// # Errors
    /// See [`AppError`].
    pub fn new(config: Config) -> Result<Self, AppError> {
        let Config { environment, destination, warnings, .. } = config;
        let tls = Tls::new(environment.root_certificates.as_deref())?;
        let own = &environment.aws;
        let aws = SignedClient::new(&own.settings, own.endpoints.clone(), tls.client()?)?;
        let (id, ttl) = (environment.secret_id.clone(), environment.secret_ttl);
        let secrets = Secrets::new(&own.settings, own.secrets_manager.as_ref(), &tls, id, ttl)?;
        let calls_per_second = NonZeroU32::try_from(destination.settings.calls_per_second).unwrap_or(NonZeroU32::MAX);
        let limiter = Limiter::new(calls_per_second);
        let client = Client::new(&tls, environment.tiktok_api.clone(), limiter)?;
        let router = Router::new(destination);
        let queue =
            |url: &Option<reqwest::Url>| url.as_ref().map(|url| Queue::new(aws.clone(), url.to_string())).transpose();
        let (buffer, rejected) = (queue(&environment.buffer_queue)?, queue(&environment.rejected_queue)?);
        let redrive = queue(&environment.redrive_queue)?;
        let metrics = Metrics::new(environment.function_name.clone());
        let audience_lookup = AudienceLookup::default();
        let journal = environment.journal_stream.clone().map(Journal::new);
        Ok(Self {
            environment,
            router,
            client,
            secrets,
            audience_lookup,
            buffer,
            rejected,
            redrive,
            aws,
            journal,
            metrics,
            warnings,
        })
    }

    /// What a delivery needs besides its session; `message_id` looks up the id of an event's message.
    pub fn delivery_context<'a>(&'a self, message_id: &'a dyn Fn(u32) -> Option<Cow<'a, str>>) -> DeliveryContext<'a> {
        let settings = &self.router.destination.settings;
        let mappings = self.router.names();
        let journaling = |journal| Journaling { journal, aws: &self.aws, mappings, message_id };
        DeliveryContext {
            audience_lookup: &self.audience_lookup,
            limits: settings.limits(),
            auto_create: settings.auto_create_audiences,
            journal: self.journal.as_ref().map(journaling),
        }
    }
}
