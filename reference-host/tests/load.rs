//! Mixed calls of four plugins, four agents and sixteen host threads. No call is charged to another
//! plugin or agent and no acknowledged row is lost. Over a minute every limit is exact too, and
//! memory stays flat: `make soak` runs that, because its verdict takes a machine that has the
//! minute.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

#[expect(dead_code, reason = "as below")]
#[path = "host/server.rs"]
mod server;
#[expect(
    dead_code,
    reason = "shared with the other tests, which use more of it"
)]
#[path = "host/support.rs"]
mod support;

use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const THREADS: usize = 16;
const PLUGINS: usize = 4;
const AGENTS: [&str; 4] = ["ada", "ben", "cleo", "dan"];
/// Calls per thread of the short run: below every limit.
const TURNS: usize = 400;
const RUN: Duration = Duration::from_secs(60);
/// Within one window of the rate limits, with room for a slow start.
const WINDOW: Duration = Duration::from_secs(50);
/// Memory may grow by this much after the records' stores are full: allocators keep what threads
/// freed.
const GROWTH: usize = 24 * 1024 * 1024;

/// One plugin as one agent sees it.
struct Seat {
    plugin: Arc<LoadedPlugin>,
    agent: AgentId,
    /// `dev.load2/ben`: written into everything that is sent.
    name: String,
    rows: AtomicUsize,
    fetched: AtomicUsize,
    dispatched: AtomicUsize,
}

impl Seat {
    fn call(&self, parts: &[&str]) -> String {
        let order = parts.join("\x1f");
        self.plugin
            .invoke_on_this_thread("tool", "call", &order, Some(self.agent))
            .unwrap()
    }

    fn json(&self, parts: &[&str]) -> Value {
        let text = self.call(parts);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}: {text}", self.name))
    }

    /// The `turn`th call of a thread; which slot it is depends on `turn` alone.
    fn turn(&self, turn: usize, in_window: bool) {
        match turn % 61 {
            0 => self.fetch(in_window),
            20 => self.dispatch(in_window),
            40 => self.embed(),
            turn if turn % 5 == 1 => self.insert(),
            turn if turn % 5 == 2 => drop(self.call(&["6", "l2", "2", &self.name])),
            turn if turn % 5 == 3 => self.configure(),
            _ => assert_eq!(self.call(&["22", "t0"]), self.agent.to_string()),
        }
    }

    fn configure(&self) {
        self.call(&["2", "v2", "who", &self.name]);
        assert_eq!(self.call(&["1", "t1", "who"]), self.name);
    }

    fn insert(&self) {
        let row = json!([self.name]).to_string();
        let answer = self.json(&["4", "t2", "INSERT INTO seen VALUES (?)", &row]);
        assert_eq!(answer["changes"], 1, "{answer}");
        self.rows.fetch_add(1, Ordering::Relaxed);
    }

    fn fetch(&self, in_window: bool) {
        let url = format!("http://load.test/{}", self.name);
        let request = json!({"method": "GET", "url": url}).to_string();
        let answer = self.json(&["15", "t1", &request]);
        match answer["error"].as_str() {
            None => assert_eq!(answer["status"], 200, "{answer}"),
            Some(code) => assert_eq!(code, "rate_limit_exceeded", "{answer}"),
        }
        let counts = answer["error"].is_null() && in_window;
        self.fetched
            .fetch_add(usize::from(counts), Ordering::Relaxed);
    }

    fn dispatch(&self, in_window: bool) {
        let request = json!({"prompt": self.name}).to_string();
        let answer = self.json(&["7", "t1", &request]);
        let counter = match answer["error"].as_str() {
            None => &self.dispatched,
            Some(code) => return assert_eq!(code, "rate_limit_exceeded", "{answer}"),
        };
        counter.fetch_add(usize::from(in_window), Ordering::Relaxed);
    }

    fn embed(&self) {
        let answer = self.json(&["13", "t1", &json!({"input": self.name}).to_string()]);
        let refused = answer["error"] == "plugin_busy";
        assert!(refused || answer["data"][0]["index"] == 0, "{answer}");
    }
}

fn seats(host: &Host) -> Vec<Seat> {
    let seat = |plugin: &Arc<LoadedPlugin>, agent: &str| Seat {
        plugin: Arc::clone(plugin),
        agent: AgentId::named(agent),
        name: format!("{}/{agent}", plugin.id()),
        rows: AtomicUsize::new(0),
        fetched: AtomicUsize::new(0),
        dispatched: AtomicUsize::new(0),
    };
    let plugins: Vec<_> = (0..PLUGINS)
        .map(|number| {
            let manifest = support::manifest(&format!("dev.load{number}"));
            host.load(&support::probe_with(&manifest)).unwrap()
        })
        .collect();
    let all = plugins
        .iter()
        .flat_map(|plugin| AGENTS.map(|agent| seat(plugin, agent)));
    all.collect()
}

fn resident_bytes() -> usize {
    let output = std::process::Command::new("ps")
        .args(["-o", "rss=", "-p", &std::process::id().to_string()])
        .output()
        .unwrap();
    let kilobytes: usize = String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    kilobytes * 1024
}

/// One call of a thread. Strides without common factors: every thread sits on every seat.
fn turn(seats: &[Seat], thread: usize, turn: usize, in_window: bool) {
    seats[(thread + turn * 7) % seats.len()].turn(thread + turn, in_window);
}

/// All threads, each with as many calls.
fn run_turns(seats: &[Seat]) {
    std::thread::scope(|threads| {
        for number in 0..THREADS {
            threads.spawn(move || (0..TURNS).for_each(|count| turn(seats, number, count, true)));
        }
    });
}

/// All threads until the time is up; returns how much memory grew over the last two thirds of it.
fn run_minute(seats: &[Seat]) -> isize {
    let start = Instant::now();
    std::thread::scope(|threads| {
        for number in 0..THREADS {
            threads.spawn(move || {
                for count in 0.. {
                    let elapsed = start.elapsed();
                    if elapsed >= RUN {
                        break;
                    }
                    turn(seats, number, count, elapsed < WINDOW);
                }
            });
        }
        std::thread::sleep(RUN / 3);
        let early = resident_bytes();
        std::thread::sleep(RUN.saturating_sub(start.elapsed()));
        resident_bytes().cast_signed() - early.cast_signed()
    })
}

/// Every recorded call that names its caller was charged to exactly that caller.
fn check_charges(host: &Host) {
    let mut checked = 0;
    for call in host.activity() {
        let agent = AGENTS
            .iter()
            .find(|name| Some(AgentId::named(name)) == call.agent);
        let caller = format!("{}/{}", call.plugin, agent.unwrap_or(&"no agent"));
        if call.request.contains("dev.load") {
            assert!(
                call.request.contains(&caller),
                "charged to {caller}: {call:?}"
            );
            checked += 1;
        }
    }
    for line in host.log_lines().iter().filter(|line| !line.from_host) {
        let agent = AGENTS
            .iter()
            .find(|name| Some(AgentId::named(name)) == line.agent);
        assert_eq!(
            line.message,
            format!("{}/{}", line.plugin, agent.unwrap()),
            "{line:?}"
        );
        checked += 1;
    }
    assert!(checked > 1000, "only {checked} calls were recorded");
}

fn check_limits(seats: &[Seat]) {
    for seat in seats {
        let [fetched, sent] =
            [&seat.fetched, &seat.dispatched].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(
            fetched, 60,
            "{}: http_request calls in one window",
            seat.name
        );
        assert_eq!(sent, 10, "{}: tasks in one window", seat.name);
    }
}

fn check_rows(seats: &[Seat]) {
    for seat in seats {
        let name = json!([seat.name]).to_string();
        let sql = "SELECT (SELECT count(*) FROM seen WHERE who = ?1), (SELECT count(DISTINCT who) \
                   FROM seen)";
        let answer = seat.json(&["5", "t2", sql, &name]);
        let rows = seat.rows.load(Ordering::Relaxed);
        assert_eq!(
            answer["rows"],
            json!([[rows, AGENTS.len()]]),
            "{}",
            seat.name
        );
    }
}

/// A host with every seat taken, and the server that its plugins ask.
fn begin() -> (server::Server, Host, Vec<Seat>) {
    let server = server::Server::start(|_| server::respond("200 OK", "", "fine"));
    let builder = Host::builder()
        .agents(AGENTS)
        .map_host("load.test", &server.address.to_string());
    let host = builder.build().unwrap();
    let seats = seats(&host);
    for seat in seats.iter().step_by(AGENTS.len()) {
        seat.json(&["4", "t2", "CREATE TABLE seen (who TEXT)", "NULL"]);
    }
    (server, host, seats)
}

#[test]
fn mixed_load_is_charged_and_kept_exactly() {
    let (_server, host, seats) = begin();
    run_turns(&seats);
    check_charges(&host);
    check_rows(&seats);
}

#[test]
#[ignore = "limits per minute and memory: make soak runs it"]
fn a_minute_of_mixed_load_is_limited_exactly_and_memory_stays_flat() {
    let (_server, host, seats) = begin();
    let growth = run_minute(&seats);
    assert!(
        growth < GROWTH.cast_signed(),
        "memory grew by {growth} bytes"
    );
    check_charges(&host);
    check_limits(&seats);
    check_rows(&seats);
}
