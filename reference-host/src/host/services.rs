//! What nearly every room of a host needs and what knows no plugin: settings, threads, the store,
//! the model, HTTP, the web side's state, records and warnings. `HostCore` adds the plugins and
//! what they do.

use crate::chat::model::Model;
use crate::common::ids::AgentId;
use crate::common::pool::Pool;
use crate::common::visible;
use crate::host::activity::{Activity, CallRecord, LogLine, level_label, now_ms};
use crate::host::errors::BuildError;
use crate::host::settings::Settings;
use crate::host::warnings::Warnings;
use crate::storage::store::Store;
use crate::web::client::HttpClient;
use crate::web::state::Web;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a host has besides its plugins.
pub(crate) struct Services {
    /// Counts the hosts of this process.
    pub(crate) number: u64,
    pub(crate) settings: Settings,
    pub(crate) pool: Pool,
    pub(crate) store: Store,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) http: HttpClient,
    pub(crate) web: Web,
    pub(crate) activity: Activity,
    pub(crate) warnings: Warnings,
}

impl Services {
    pub(crate) fn start(
        settings: Settings,
        model: Arc<dyn Model>,
    ) -> Result<Arc<Services>, BuildError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let store = Store::open(&settings)?;
        let http = HttpClient::new(&settings).map_err(|source| BuildError::TestCertificate {
            folder: settings.data_dir.clone(),
            source,
        })?;
        let web = Web::new(&settings.data_dir);
        Ok(Arc::new(Services {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            settings,
            pool: Pool::default(),
            store,
            model,
            http,
            web,
            activity: Activity::default(),
            warnings: Warnings::default(),
        }))
    }

    /// A warning of the host about a plugin.
    pub(crate) fn warn(&self, plugin: &str, agent: Option<AgentId>, message: &str) {
        self.log(plugin, agent, 3, message, None, true);
    }

    /// A note of the host about a plugin.
    pub(crate) fn note(&self, plugin: &str, message: &str) {
        self.log(plugin, None, 2, message, None, true);
    }

    pub(crate) fn log(
        &self,
        plugin: &str,
        agent: Option<AgentId>,
        level: i32,
        message: &str,
        payload: Option<&str>,
        from_host: bool,
    ) {
        let label = level_label(level);
        if self.settings.echo {
            let payload = payload.map(|text| format!(" {text}")).unwrap_or_default();
            let line = format!("[Plugin:{plugin}] [{label}] {message}{payload}");
            eprintln!("{}", visible::line(&line));
        }
        let (plugin, message) = (plugin.to_string(), message.to_string());
        let payload = payload.map(str::to_string);
        self.activity.line(LogLine {
            plugin,
            agent,
            level,
            label,
            message,
            payload,
            from_host,
            at_ms: now_ms(),
        });
    }

    /// Keeps a record, unless recording is off.
    pub(crate) fn record(&self, record: CallRecord) {
        if self.settings.record {
            self.activity.record(record);
        }
    }
}
