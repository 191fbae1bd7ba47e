//! In which order a request to a plugin is refused, and what it is let in for. The web server and
//! [`LoadedPlugin::route`] go through it.

use crate::common::ids::AgentId;
use crate::common::pool::{Pool, Waited};
use crate::host::errors::CallError;
use crate::host::profile::Profile;
use crate::plugin::calls::call::Patience;
use crate::plugin::loaded::LoadedPlugin;
use crate::plugin::manifest::{Auth, Route, Web};
use crate::web::pages::Page;
use crate::web::pages::dev_proxy::{self, Proxied};
use crate::web::pages::inject::PageFacts;
use crate::web::request_record::RequestRecord;
use crate::web::routes::route_match::{agent_in_query, find};
use crate::web::routes::route_request;
use crate::web::routes::{AGENT_HEADER, Refusal, RouteAnswer, RouteCall};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

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
    Handler(Arc<LoadedPlugin>, String, AgentId, Patience),
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
            Work::Handler(plugin, request, agent, patience) => {
                let answer = plugin.route_now(&request, agent, patience);
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

/// The route of a request, the values of its parameters, and what a reader should know.
struct Matched<'a> {
    route: &'a Route,
    params: Map<String, Value>,
    notes: Vec<String>,
}

impl<'a> Matched<'a> {
    fn new(route: &'a Route, params: Map<String, Value>) -> Matched<'a> {
        Matched {
            route,
            params,
            notes: Vec::new(),
        }
    }

    fn noted(mut self, note: &str) -> Matched<'a> {
        self.notes.push(note.into());
        self
    }
}

/// What the client hears when the time is up; the plugin's call keeps running.
pub(crate) fn timed_out(limit: Duration) -> Refusal {
    let what = "Plugin route handler".into();
    Refusal::plugin(&CallError::Timeout { what, limit })
}

impl LoadedPlugin {
    /// Answers a request as Osaurus' server would, pages included; CORS and connection headers are
    /// the server's own.
    pub fn route(self: &Arc<Self>, call: RouteCall) -> RouteAnswer {
        let services = &self.context().services;
        let record = RequestRecord::begin(services, self.id(), &call);
        let admitted = check_path(self.id(), &call)
            .and_then(|()| agent_of(&call))
            .and_then(|agent| self.admit(&call, &agent));
        let outcome = admitted.and_then(|admitted| run_now(&services.pool, admitted));
        let answer = outcome.unwrap_or_else(|refusal| refusal.answer(services.settings.profile));
        record.end(&answer);
        answer
    }
}

fn run_now(pool: &Pool, admitted: Admitted) -> Result<RouteAnswer, Refusal> {
    let limit = admitted.limit().unwrap_or(Duration::MAX);
    match pool.run_within(limit, move || admitted.run()) {
        Ok(outcome) => outcome,
        Err(Waited::TimeUp) => Err(timed_out(limit)),
        Err(Waited::Failed) => Err(failed_here()),
    }
}

/// The host itself failed (a bug in the host).
pub(crate) fn failed_here() -> Refusal {
    Refusal::plugin(&CallError::Host("a request".into()))
}

pub(crate) fn check_path(id: &str, call: &RouteCall) -> Result<(), Refusal> {
    if id.contains("..") || call.target().0.contains("..") {
        return Err(Refusal::new(400, "Invalid path"));
    }
    Ok(())
}

/// The header, else the query; the header wins even when it is not a UUID.
pub(crate) fn agent_of(call: &RouteCall) -> Result<Stated, Refusal> {
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
            "a page opened with osr_agent asks for its own files without an agent; Osaurus refuses \
             them too: \
             inline them, or load them with window.__osaurus.fetch",
        );
    }
    refusal
}

impl LoadedPlugin {
    pub(crate) fn admit(
        self: &Arc<Self>,
        call: &RouteCall,
        agent: &Stated,
    ) -> Result<Admitted, Refusal> {
        let (path, _) = call.target();
        if let Some(web) = &self.manifest().capabilities.web
            && let Some(remainder) = web.remainder(&path)
        {
            return self.admit_page(call, agent, web, remainder);
        }
        let matched = self.find_route(call, &path)?;
        self.check_access(call, matched.route)?;
        if !self.handles_routes() {
            return Err(Refusal::new(501, "Plugin does not support route handling"));
        }
        let Matched { route, params, .. } = matched;
        let (request, notes) = route_request::encode(self, call, agent.id, route, params);
        let limit = self.context().services.settings.budgets.route;
        let me = Arc::clone(self);
        let work = Work::Handler(me, request, agent.id, Patience::of(limit));
        let mut admitted = Admitted::new(work);
        admitted.notes = matched.notes.into_iter().chain(notes).collect();
        admitted.without_body = self.profile().documented() && call.method == "HEAD";
        admitted.limit = Some(limit);
        Ok(admitted)
    }

    /// The documents let HEAD reach routes that list GET (quirk 22).
    fn find_route(&self, call: &RouteCall, path: &str) -> Result<Matched<'_>, Refusal> {
        let routes = self.manifest().routes();
        let refusal = Refusal::new(404, "No matching route");
        if let Some((route, params)) = find(routes, &call.method, path) {
            return Ok(Matched::new(route, params));
        }
        let as_get = find(routes, "GET", path).filter(|_| call.method == "HEAD");
        match as_get {
            Some((route, params)) if self.profile().documented() => {
                Ok(Matched::new(route, params).noted("Q22: handled like GET"))
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
                let bucket = self.context().services.web.bucket(self.id());
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
        let server = dev_proxy::server_of(&self.context().services.settings.data_dir, self.id());
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
        self.context().services.settings.profile
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
