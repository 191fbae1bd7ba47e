//! Routes: in which order a request to a plugin is refused, what it is let in for, and what becomes of the plugin's
//! answer. The web server and whoever has a request at hand ([`LoadedPlugin::route`]) go through it; it knows no HTTP
//! connection.

use crate::errors::CallError;
use crate::host::HostCore;
use crate::ids::AgentId;
use crate::manifest::{Auth, Route, Web};
use crate::plugin::LoadedPlugin;
use crate::pool::Waited;
use crate::profile::Profile;
use crate::web::dev_proxy::{self, Proxied};
use crate::web::inject::PageFacts;
use crate::web::pages::Page;
use crate::web::route_match::{agent_in_query, find, with_slash};
use crate::web::route_request;
use crate::web::visit::Visit;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The header that names the agent.
pub(crate) const AGENT_HEADER: &str = "x-osaurus-agent-id";

/// A request for `/plugins/<plugin id><path>`.
#[derive(Debug, Clone)]
pub struct RouteCall {
    /// The method, in any case.
    pub method: String,
    /// The path below the plugin's prefix, with its query, not decoded.
    pub path: String,
    /// Headers, in any case; of several with one name the last counts.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The agent, as the header `X-Osaurus-Agent-Id` would say.
    pub agent: Option<AgentId>,
    /// Whether a valid access key came along; `owner` routes need one, also on this machine.
    pub authorized: bool,
    /// Whether it came from this machine; others see only routes that are exposed to the tunnel.
    pub loopback: bool,
}

impl RouteCall {
    /// A local, authorised request without headers and body.
    pub fn new(method: &str, path: &str, agent: impl Into<Option<AgentId>>) -> RouteCall {
        RouteCall {
            method: method.to_uppercase(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            agent: agent.into(),
            authorized: true,
            loopback: true,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> RouteCall {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> RouteCall {
        self.body = body.into();
        self
    }

    /// The path with a leading slash, and the query.
    pub(crate) fn target(&self) -> (String, &str) {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        (with_slash(path), query)
    }

    /// The last header of this name.
    pub(crate) fn header_value(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().rev();
        let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAnswer {
    /// The status.
    pub status: u16,
    /// Headers, without those of CORS and of the connection.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// What a reader should know: quirks met, stricter checks.
    pub notes: Vec<String>,
}

impl RouteAnswer {
    pub(crate) fn new(status: u16, body: Vec<u8>) -> RouteAnswer {
        RouteAnswer {
            status,
            headers: BTreeMap::new(),
            body,
            notes: Vec::new(),
        }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.headers.insert(name.into(), value.into());
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why a request is not answered by the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    message: String,
    notes: Vec<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            message: message.into(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn noted(mut self, note: impl Into<String>) -> Refusal {
        self.notes.push(note.into());
        self
    }

    /// The plugin could not be called or gave nothing.
    pub(crate) fn plugin(error: &CallError) -> Refusal {
        Refusal::new(500, format!("Plugin error: {error}"))
    }

    /// Osaurus inserts the message as it is, so that a quote in it breaks the JSON; only the exact profile does.
    pub(crate) fn answer(self, profile: Profile) -> RouteAnswer {
        let quoted = Value::from(self.message.as_str()).to_string();
        let written = &quoted[1..quoted.len() - 1];
        let mut notes = self.notes;
        let message = if profile.stricter() {
            written
        } else {
            &self.message
        };
        if profile.stricter() && written != self.message {
            notes.push("stricter than Osaurus: the message is escaped".into());
        }
        let body = format!("{{\"error\":{{\"message\":\"{message}\"}}}}");
        let mut answer = RouteAnswer::new(self.status, body.into_bytes());
        answer.header("Content-Type", "application/json; charset=utf-8");
        answer.notes = notes;
        answer
    }
}

/// The agent of a request: its id, and as the client wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Stated {
    pub(crate) id: AgentId,
    pub(crate) text: String,
}

/// What a request that was let in leads to.
pub(crate) struct Admitted {
    work: Work,
    notes: Vec<String>,
    without_body: bool,
    limit: Option<Duration>,
}

enum Work {
    Page(Page),
    Proxy(Proxied),
    Handler(Arc<LoadedPlugin>, String, AgentId),
}

impl Admitted {
    fn new(work: Work) -> Admitted {
        Admitted {
            work,
            notes: Vec::new(),
            without_body: false,
            limit: None,
        }
    }

    /// How long the client waits for it.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Does the work, on a host thread.
    pub(crate) fn run(self) -> Result<RouteAnswer, Refusal> {
        let mut answer = match self.work {
            Work::Page(page) => page.answer()?,
            Work::Proxy(request) => request.answer()?,
            Work::Handler(plugin, request, agent) => {
                let answer = plugin.route_now(&request, agent);
                route_request::decode(&answer.map_err(|error| Refusal::plugin(&error))?)?
            }
        };
        if self.without_body {
            answer.body.clear();
        }
        answer.notes.splice(0..0, self.notes);
        Ok(answer)
    }
}

/// What the client hears when the time is up; the plugin's call keeps running.
pub(crate) fn timed_out(limit: Duration) -> Refusal {
    let what = "Plugin route handler".into();
    Refusal::plugin(&CallError::Timeout { what, limit })
}

impl HostCore {
    /// Lets a request for `/plugins/<id>…` in, or refuses it.
    pub(crate) fn admit(&self, id: &str, call: &RouteCall) -> Result<Admitted, Refusal> {
        check_path(id, call)?;
        let agent = agent_of(call)?;
        let plugin = self.plugin(id);
        let plugin = plugin.ok_or_else(|| Refusal::new(404, format!("Plugin not found: {id}")))?;
        plugin.admit(call, &agent)
    }

    fn run_now(&self, admitted: Admitted) -> Result<RouteAnswer, Refusal> {
        let limit = admitted.limit().unwrap_or(Duration::MAX);
        match self.pool.run_within(limit, move || admitted.run()) {
            Ok(outcome) => outcome,
            Err(Waited::TimeUp) => Err(timed_out(limit)),
            Err(Waited::Failed) => Err(failed_here()),
        }
    }
}

/// The host itself failed (a bug in the host).
pub(crate) fn failed_here() -> Refusal {
    Refusal::plugin(&CallError::Host("a request".into()))
}

fn check_path(id: &str, call: &RouteCall) -> Result<(), Refusal> {
    if id.contains("..") || call.target().0.contains("..") {
        return Err(Refusal::new(400, "Invalid path"));
    }
    Ok(())
}

/// The header, else the query; the header wins even when it is no UUID.
fn agent_of(call: &RouteCall) -> Result<Stated, Refusal> {
    let own = call.agent.map(|agent| agent.to_string());
    let header = call.header_value(AGENT_HEADER).map(str::to_string);
    let text = own.or(header).or_else(|| agent_in_query(call.target().1));
    // Swift reads the hyphenated form only.
    let id = text.as_deref().filter(|text| text.len() == 36);
    match (id.and_then(AgentId::parse), text) {
        (Some(id), Some(text)) => Ok(Stated { id, text }),
        _ => Err(no_agent(call)),
    }
}

fn no_agent(call: &RouteCall) -> Refusal {
    let message = "Plugin routes require an agent context \
                   (X-Osaurus-Agent-Id header or osr_agent query parameter)";
    let refusal = Refusal::new(401, message);
    let referer = call.header_value("referer").unwrap_or_default();
    if referer.contains("osr_agent=") {
        return refusal.noted(
            "a page opened with osr_agent asks for its own files without an agent; Osaurus refuses them too: \
             inline them, or load them with window.__osaurus.fetch",
        );
    }
    refusal
}

impl LoadedPlugin {
    /// Answers a request as Osaurus' server would, pages included; CORS and connection headers are the server's own.
    pub fn route(self: &Arc<Self>, call: RouteCall) -> RouteAnswer {
        let host = Arc::clone(&self.context().host);
        let visit = Visit::begin(&host, self.id(), &call);
        let admitted = check_path(self.id(), &call)
            .and_then(|()| agent_of(&call))
            .and_then(|agent| self.admit(&call, &agent));
        let outcome = admitted.and_then(|admitted| host.run_now(admitted));
        let answer = outcome.unwrap_or_else(|refusal| refusal.answer(host.settings.profile));
        visit.end(&answer);
        answer
    }

    fn admit(self: &Arc<Self>, call: &RouteCall, agent: &Stated) -> Result<Admitted, Refusal> {
        let (path, _) = call.target();
        if let Some(web) = &self.manifest().capabilities.web
            && let Some(remainder) = web.remainder(&path)
        {
            return self.admit_page(call, agent, web, remainder);
        }
        let (route, params, notes) = self.find_route(call, &path)?;
        self.check_access(call, route)?;
        if !self.handles_routes() {
            return Err(Refusal::new(501, "Plugin does not support route handling"));
        }
        let (request, more) = route_request::encode(self, call, agent.id, route, params);
        let mut admitted = Admitted::new(Work::Handler(Arc::clone(self), request, agent.id));
        admitted.notes = [notes, more].concat();
        admitted.without_body = self.profile().documented() && call.method == "HEAD";
        admitted.limit = Some(self.context().host.settings.budgets.route);
        Ok(admitted)
    }

    /// The documents let HEAD reach routes that list GET (quirk 22).
    fn find_route(
        &self,
        call: &RouteCall,
        path: &str,
    ) -> Result<(&Route, Map<String, Value>, Vec<String>), Refusal> {
        let routes = self.manifest().routes();
        if let Some((route, params)) = find(routes, &call.method, path) {
            return Ok((route, params, Vec::new()));
        }
        let as_get = (call.method == "HEAD")
            .then(|| find(routes, "GET", path))
            .flatten();
        let refusal = Refusal::new(404, "No matching route");
        match as_get {
            Some((route, params)) if self.profile().documented() => {
                Ok((route, params, vec!["Q22: handled like GET".into()]))
            }
            Some(_) => Err(refusal.noted("Q22: a route that lists GET does not get HEAD requests")),
            None => Err(refusal),
        }
    }

    fn check_access(&self, call: &RouteCall, route: &Route) -> Result<(), Refusal> {
        if !call.loopback && route.tunnel_exposed != Some(true) {
            return Err(not_exposed());
        }
        match route.auth {
            Auth::Owner => check_owner(call),
            Auth::None | Auth::Verify => {
                let bucket = self.context().host.web.bucket(self.id());
                let refusal = || Refusal::new(429, "Rate limit exceeded");
                bucket.take().then_some(()).ok_or_else(refusal)
            }
        }
    }

    fn admit_page(
        &self,
        call: &RouteCall,
        agent: &Stated,
        web: &Web,
        remainder: &str,
    ) -> Result<Admitted, Refusal> {
        if !call.loopback && web.tunnel_exposed != Some(true) {
            return Err(not_exposed());
        }
        if web.auth == Auth::Owner {
            check_owner(call)?;
        }
        let facts = PageFacts {
            plugin_id: self.id().into(),
            api_mount: web.api_mount.clone(),
            agent: agent.text.clone(),
        };
        let server = dev_proxy::server_of(&self.context().host.settings.data_dir, self.id());
        let mut admitted = Admitted::new(match server {
            Some(server) => proxied(server, call, remainder, facts),
            None => self.page(web, remainder, facts),
        });
        admitted.without_body = self.profile().documented() && call.method == "HEAD";
        Ok(admitted)
    }

    fn page(&self, web: &Web, remainder: &str, facts: PageFacts) -> Work {
        let folder = self.path().parent().unwrap_or_else(|| Path::new(""));
        Work::Page(Page {
            version_dir: folder.to_path_buf(),
            static_dir: web.static_dir.clone(),
            entry: web.entry.clone(),
            remainder: remainder.into(),
            facts,
        })
    }

    fn profile(&self) -> Profile {
        self.context().host.settings.profile
    }
}

fn proxied(server: String, call: &RouteCall, remainder: &str, facts: PageFacts) -> Work {
    Work::Proxy(Proxied {
        server,
        remainder: remainder.into(),
        method: call.method.clone(),
        headers: call.headers.clone(),
        body: call.body.clone(),
        facts,
    })
}

fn not_exposed() -> Refusal {
    Refusal::new(404, "No matching route")
        .noted("the request came through the tunnel, and tunnel_exposed is not set")
}

fn check_owner(call: &RouteCall) -> Result<(), Refusal> {
    let refusal = || Refusal::new(401, "Authentication required");
    call.authorized.then_some(()).ok_or_else(refusal)
}
