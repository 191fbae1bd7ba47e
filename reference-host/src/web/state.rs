//! What a host keeps for its web side: access keys, the server's port, allowances of routes.

use crate::common::limits::TokenBucket;
use crate::web::keys::AccessKeys;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU16;

/// What the host keeps for its web side.
pub(crate) struct Web {
    pub(crate) keys: AccessKeys,
    /// The port of the running server; 0 when there is none.
    pub(crate) port: AtomicU16,
    /// By plugin id: a plugin that is loaded again goes on with what is left.
    buckets: Mutex<HashMap<String, Arc<TokenBucket>>>,
}

impl Web {
    pub(crate) fn new(data_dir: &Path) -> Web {
        Web {
            keys: AccessKeys::in_folder(&data_dir.join("config")),
            port: AtomicU16::new(0),
            buckets: Mutex::default(),
        }
    }

    /// The allowance of a plugin's `none` and `verify` routes together.
    pub(crate) fn bucket(&self, plugin_id: &str) -> Arc<TokenBucket> {
        let mut buckets = self.buckets.lock();
        let bucket = buckets.entry(plugin_id.to_string());
        Arc::clone(bucket.or_insert_with(|| Arc::new(TokenBucket::new())))
    }
}
