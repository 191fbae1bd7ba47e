//! The record of one request to the web side, whatever became of it. Ended by the answer, or by
//! being dropped when the client goes away.

use crate::common::ids::AgentId;
use crate::host::activity::{CallKind, CallRecord, Clock, kept_body};
use crate::host::services::Services;
use crate::web::routes::route_match::agent_in_query;
use crate::web::routes::{AGENT_HEADER, RouteAnswer, RouteCall};
use std::sync::Arc;

/// nginx' number for it; Osaurus has none.
const CLIENT_GONE: u16 = 499;

pub(crate) struct RequestRecord {
    services: Arc<Services>,
    clock: Clock,
    record: Option<CallRecord>,
}

impl RequestRecord {
    /// A request to a plugin's prefix.
    pub(crate) fn begin(services: &Arc<Services>, plugin: &str, call: &RouteCall) -> RequestRecord {
        let path = format!("/plugins/{plugin}{}", call.path);
        let record = RequestRecord::of(services, plugin, &call.method, &path);
        record.with(agent(call), kept_body(&call.body))
    }

    /// Any other request, or one that could not be read.
    pub(crate) fn of(
        services: &Arc<Services>,
        plugin: &str,
        method: &str,
        path: &str,
    ) -> RequestRecord {
        let mut record = CallRecord::new(CallKind::Request, plugin, "");
        record.path = format!("{method} {path}");
        RequestRecord {
            services: Arc::clone(services),
            clock: Clock::start(),
            record: Some(record),
        }
    }

    fn with(mut self, agent: Option<AgentId>, body: String) -> RequestRecord {
        if let Some(record) = &mut self.record {
            record.agent = agent;
            record.request = body;
        }
        self
    }

    pub(crate) fn end(mut self, answer: &RouteAnswer) {
        let body = kept_body(&answer.body);
        self.finish(answer.status, Some(body), answer.notes.clone());
    }

    fn finish(&mut self, status: u16, response: Option<String>, notes: Vec<String>) {
        let Some(mut record) = self.record.take() else {
            return;
        };
        record.status = status;
        record.response = response;
        record.notes = notes;
        self.clock.stop(&mut record);
        self.services.record(record);
    }
}

impl Drop for RequestRecord {
    fn drop(&mut self) {
        let note = "the client went away; a call into the plugin keeps running";
        self.finish(CLIENT_GONE, None, vec![note.into()]);
    }
}

fn agent(call: &RouteCall) -> Option<AgentId> {
    let header = call.header_value(AGENT_HEADER).map(str::to_string);
    let stated = header.or_else(|| agent_in_query(call.target().1));
    call.agent.or_else(|| AgentId::parse(&stated?))
}
