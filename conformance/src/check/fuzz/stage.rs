//! One step on a loaded plugin: calls on one or two threads, with a call of the plugin's to the
//! host as the moment at which another one comes.

use super::plan::{Op, Step};
use crate::check::envelope;
use crate::check::evidence::Evidence;
use crate::check::exercise::TASK;
use crate::check::loaded::Loaded;
use crate::check::tracked::{Answer, Answers};
use osaurus_reference_host::{AgentId, LoadedPlugin, RouteCall};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a call that comes during another one may take. Below the host's limit for a tool.
const PATIENCE: Duration = Duration::from_secs(10);

/// A loaded plugin and what its host calls meet.
pub(super) struct Stage {
    cast: Cast,
    weather: Arc<Weather>,
}

/// Who is called, and with what: enough for a call on another thread.
#[derive(Clone)]
struct Cast {
    plugin: Arc<LoadedPlugin>,
    agent: AgentId,
    routes: Arc<Vec<RouteCall>>,
}

impl Stage {
    /// Sets the stage: from now on host calls are answered as the steps say.
    pub(super) fn new(loaded: &Loaded<'_>) -> Stage {
        let cast = Cast {
            plugin: Arc::clone(&loaded.plugin),
            agent: loaded.agent(),
            routes: Arc::new(loaded.route_calls()),
        };
        let weather = Arc::new(Weather::default());
        let (answers, actor) = (Arc::clone(&weather), cast.clone());
        loaded.answer(Some(Answers::new(move |_| answers.decide(&actor))));
        Stage { cast, weather }
    }

    /// Plays one step; what is wrong with what came of it.
    pub(super) fn step(&self, step: &Step) -> Vec<Evidence> {
        let mut evidence = match step {
            Step::One(op) => self.cast.act(op),
            Step::Both(one, other) => std::thread::scope(|scope| {
                let second = scope.spawn(|| self.cast.act(other));
                let mut evidence = self.cast.act(one);
                evidence.extend(second.join().unwrap_or_default());
                evidence
            }),
            Step::During { outer, call, inner } => {
                self.weather.state().during = Some((*call, inner.clone()));
                let evidence = self.cast.act(outer);
                self.weather.state().during = None;
                evidence
            }
            Step::Nulls { after, count } => {
                self.weather.state().nulls = Some((*after, *count));
                Vec::new()
            }
            Step::Reload(_) => Vec::new(),
        };
        evidence.append(&mut self.weather.state().found);
        evidence
    }
}

impl Cast {
    fn act(&self, op: &Op) -> Vec<Evidence> {
        match op {
            Op::Invoke { kind, id, payload } => return self.invoke(kind, id, payload),
            Op::Setting { key, value } => self.plugin.config_changed(self.agent, key, value),
            Op::Event { kind, payload } => self.plugin.task_event(self.agent, TASK, *kind, payload),
            Op::Route(number) => {
                let call = self.routes.get(number % self.routes.len().max(1));
                call.map(|call| self.plugin.route(call.clone()));
            }
        }
        Vec::new()
    }

    fn invoke(&self, kind: &str, id: &str, payload: &str) -> Vec<Evidence> {
        let answer = self.plugin.invoke_raw(kind, id, payload, Some(self.agent));
        let what = match &answer {
            None => "NULL came back, or nothing in time",
            Some(text) if !envelope::is_envelope(text) => "the answer is not an envelope",
            Some(_) => return Vec::new(),
        };
        vec![Evidence::new(what).bytes(answer.unwrap_or_default())]
    }
}

/// What host calls that return a string meet.
#[derive(Default)]
struct Weather(Mutex<State>);

#[derive(Default)]
struct State {
    /// After so many calls, so many answer NULL.
    nulls: Option<(u64, u64)>,
    /// After so many calls, this comes on another thread, and the call waits for its end.
    during: Option<(u64, Op)>,
    found: Vec<Evidence>,
}

impl Weather {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, cast: &Cast) -> Answer {
        let (answer, visitor) = self.state().next();
        if let Some(op) = visitor {
            let evidence = visit(cast.clone(), op);
            self.state().found.extend(evidence);
        }
        answer
    }
}

impl State {
    fn next(&mut self) -> (Answer, Option<Op>) {
        let answer = match self.nulls.take() {
            Some((0, count)) => {
                self.nulls = (count > 1).then_some((0, count - 1));
                Answer::Null
            }
            Some((after, count)) => {
                self.nulls = Some((after - 1, count));
                Answer::Host
            }
            None => Answer::Host,
        };
        let visitor = match self.during.take() {
            Some((0, op)) => Some(op),
            Some((after, op)) => {
                self.during = Some((after - 1, op));
                None
            }
            None => None,
        };
        (answer, visitor)
    }
}

/// Another call into the plugin while one of its host calls waits.
fn visit(cast: Cast, op: Op) -> Vec<Evidence> {
    let (sender, done) = channel();
    let text = op.to_string();
    std::thread::spawn(move || sender.send(cast.act(&op)));
    done.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        vec![Evidence::new(format!(
            "{text} did not return while the plugin waited for the host"
        ))]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_come_after_good_answers_and_end() {
        let mut state = State {
            nulls: Some((1, 2)),
            ..State::default()
        };
        let answers: Vec<Answer> = (0..4).map(|_| state.next().0).collect();
        assert_eq!(
            answers,
            [Answer::Host, Answer::Null, Answer::Null, Answer::Host]
        );
    }

    #[test]
    fn a_visitor_comes_once() {
        let mut state = State {
            during: Some((1, Op::Route(0))),
            ..State::default()
        };
        let visitors: Vec<bool> = (0..3).map(|_| state.next().1.is_some()).collect();
        assert_eq!(visitors, [false, true, false]);
    }
}
