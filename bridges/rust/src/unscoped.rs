//! Host calls for background work, outside any call of the host. Named for what it risks.
//! Called by plugins that know what they do; goes around frames but not around the lifecycle.

use crate::call::{Answer, MakeCall, RawCall};
use crate::error::HostError;
use crate::frame::outside_frames;
use crate::host::Host;
use crate::lifecycle;
use crate::perform::perform;
use crate::text::HostString;

/// Leave to call the host on a thread that it did not call in on.
///
/// Osaurus finds the calling plugin by thread. On other threads it takes **the plugin that it
/// called last**, which may be another one: the call then uses that plugin's configuration,
/// database, secrets and limits. There is no agent: `get_active_agent_id` answers none,
/// configuration reads as absent and is not written, `dispatch` is refused. Prefer to do such work
/// inside a frame.
#[derive(Debug, Clone, Copy)]
pub struct Unscoped(());

impl Unscoped {
    /// Says that the caller accepts that a call may be charged to another plugin.
    ///
    /// ```
    /// use osaurus_plugin::{Unscoped, log_level};
    /// let unscoped = Unscoped::i_accept_that_calls_may_be_charged_to_another_plugin();
    /// // Before the first call of the host nothing can be asked of it.
    /// assert!(unscoped.host().config_get("colour").is_err());
    /// ```
    pub fn i_accept_that_calls_may_be_charged_to_another_plugin() -> Unscoped {
        Unscoped(())
    }

    /// Calls the host on this thread. Refused before the first call of the host and after
    /// `destroy`.
    pub fn call(&self, call: &RawCall<'_>) -> Result<Option<HostString>, HostError> {
        let Some(_pass) = lifecycle::pass() else {
            return Err(HostError::NotRunning { slot: call.slot });
        };
        perform(lifecycle::host(), call, Some(outside_frames()))
    }

    /// Typed calls; each as [`Unscoped::call`].
    pub fn host(&self) -> Host<'_> {
        Host::new(self)
    }
}

impl MakeCall for Unscoped {
    fn make(&self, call: &RawCall<'_>) -> Answer {
        self.call(call)
    }
}
