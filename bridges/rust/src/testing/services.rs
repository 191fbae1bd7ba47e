//! What a test says the world outside answers: HTTP and models; and the tasks that a plugin
//! started. Used by `script`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What a server answers in a test.
///
/// ```
/// use osaurus_plugin::testing::HttpAnswer;
/// use serde_json::json;
/// let missing = HttpAnswer::json(&json!({"error": "no such note"})).status(404).method("DELETE");
/// ```
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    status: u16,
    headers: Map<String, Value>,
    body: Vec<u8>,
    method: Option<String>,
    times: Option<usize>,
}

impl HttpAnswer {
    /// Status 200 with these bytes.
    ///
    /// ```
    /// use osaurus_plugin::testing::HttpAnswer;
    /// let page = HttpAnswer::new("<h1>Hello</h1>").header("content-type", "text/html");
    /// ```
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        HttpAnswer {
            status: 200,
            headers: Map::new(),
            body: body.into(),
            method: None,
            times: None,
        }
    }

    /// Status 200 with JSON.
    ///
    /// ```
    /// use osaurus_plugin::testing::HttpAnswer;
    /// use serde_json::json;
    /// let notes = HttpAnswer::json(&json!(["milk"]));
    /// ```
    pub fn json(body: &Value) -> Self {
        HttpAnswer::new(body.to_string()).header("content-type", "application/json")
    }

    /// Another status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_lowercase(), json!(value));
        self
    }

    /// Only for requests of this method.
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_uppercase());
        self
    }

    /// Only so many times; then the next rule that fits is used.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    fn to_json(&self) -> Value {
        let mut answer = json!({"status": self.status, "headers": self.headers, "elapsed_ms": 0});
        match std::str::from_utf8(&self.body) {
            Ok(text) => answer["body"] = text.into(),
            Err(_) => {
                answer["body"] = STANDARD.encode(&self.body).into();
                answer["body_encoding"] = "base64".into();
            }
        }
        answer
    }
}

/// A rule, and how often it may still be used.
struct Rule<A> {
    when: String,
    answer: A,
    times: Option<usize>,
}

/// The first rule that fits and may be used; counts the use.
fn take<A>(rules: &mut [Rule<A>], fits: impl Fn(&Rule<A>) -> bool) -> Option<&A> {
    let rule = rules
        .iter_mut()
        .find(|rule| rule.times != Some(0) && fits(rule))?;
    rule.times = rule.times.map(|times| times - 1);
    Some(&rule.answer)
}

/// Answers to HTTP requests.
#[derive(Default)]
pub(super) struct Http(Vec<Rule<HttpAnswer>>);

impl Http {
    pub(super) fn add(&mut self, url: &str, answer: HttpAnswer) {
        self.0.push(Rule {
            when: url.to_owned(),
            times: answer.times,
            answer,
        });
    }

    /// The response; `None` where no rule fits.
    pub(super) fn answer(&mut self, request: &Value) -> Option<Value> {
        let text = |key: &str| request[key].as_str().unwrap_or_default();
        let (method, url) = (text("method"), text("url"));
        let fits = |rule: &Rule<HttpAnswer>| {
            let method_of_rule = rule.answer.method.as_deref();
            method_of_rule.is_none_or(|one| one == method) && is_match(&rule.when, url)
        };
        take(&mut self.0, fits).map(HttpAnswer::to_json)
    }
}

/// Whether a URL fits a pattern, in which `*` stands for any part.
fn is_match(pattern: &str, url: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == url;
    };
    let Some(tail) = url.strip_prefix(start) else {
        return false;
    };
    let ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
    ends.into_iter().any(|at| is_match(rest, &tail[at..]))
}

/// What the models of the host answer, by the last message of a request.
#[derive(Default)]
pub(super) struct Model(Vec<Rule<Result<String, String>>>);

impl Model {
    pub(super) fn add(&mut self, when: &str, answer: Result<&str, &str>) {
        self.0.push(Rule {
            when: when.to_lowercase(),
            answer: answer.map(str::to_owned).map_err(str::to_owned),
            times: None,
        });
    }

    /// The model's text, or how it fails; `None` where no rule fits.
    pub(super) fn answer(&mut self, request: &Value) -> Option<Result<String, String>> {
        let messages = request["messages"].as_array();
        let last = messages.and_then(|messages| messages.last());
        let prompt = last.and_then(|message| message["content"].as_str());
        let prompt = prompt.unwrap_or_default().to_lowercase();
        take(&mut self.0, |rule| prompt.contains(&rule.when)).cloned()
    }
}

/// The host's answer around a model's text.
pub(super) fn completion(text: &str) -> Value {
    let message = json!({"role": "assistant", "content": text});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    json!({"id": "cmpl-TEST", "model": "test", "choices": [choice]})
}

/// The host's answer for a model that fails.
pub(super) fn inference_error(message: &str) -> Value {
    json!({"error": "inference_error", "message": message})
}

/// A background task that the plugin dispatched.
#[derive(Debug, Clone, PartialEq)]
pub struct DispatchedTask {
    /// Its id, an upper-case UUID unless the plugin chose one.
    pub id: String,
    /// What it is to do.
    pub prompt: String,
    /// The whole request.
    pub request: Value,
    /// `running`, `completed`, `failed` or `cancelled`.
    pub status: String,
}

/// All tasks.
#[derive(Default)]
pub(super) struct Tasks(pub(super) Vec<DispatchedTask>);

impl Tasks {
    pub(super) fn dispatch(&mut self, request: &Value) -> Value {
        let text = |key: &str| request[key].as_str().map(str::to_owned);
        let number = self.0.len() + 1;
        let id = text("id").unwrap_or_else(|| format!("00000000-0000-4000-8000-{number:012}"));
        self.0.push(DispatchedTask {
            id: id.clone(),
            prompt: text("prompt").unwrap_or_default(),
            request: request.clone(),
            status: "running".to_owned(),
        });
        json!({"id": id, "status": "running"})
    }

    pub(super) fn find(&mut self, id: &str) -> Option<&mut DispatchedTask> {
        self.0.iter_mut().find(|task| task.id == id)
    }

    pub(super) fn status(&mut self, id: &str) -> Value {
        match self.find(id) {
            Some(task) => task.to_json(),
            None => json!({"error": "not_found", "message": "Task not found"}),
        }
    }

    pub(super) fn active(&self) -> Value {
        let running = self.0.iter().filter(|task| task.status == "running");
        json!({"tasks": running.map(DispatchedTask::to_json).collect::<Vec<_>>()})
    }
}

impl DispatchedTask {
    fn to_json(&self) -> Value {
        let title = self.request["title"].as_str().unwrap_or(&self.prompt);
        json!({"id": self.id, "title": title, "status": self.status})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_part_of_an_address() {
        assert!(is_match("https://a.example/*", "https://a.example/x/y?z=1"));
        assert!(is_match("*/notes/*/text", "https://a.example/notes/ä/text"));
        assert!(!is_match("https://a.example/*", "https://b.example/x"));
        assert!(!is_match("https://a.example/x", "https://a.example/xy"));
    }

    #[test]
    fn a_rule_is_used_no_more_often_than_it_says() {
        let mut http = Http::default();
        http.add("*", HttpAnswer::new("busy").status(503).times(1));
        http.add("*", HttpAnswer::new([255]).method("post"));
        let request = json!({"method": "POST", "url": "https://a.example/"});
        let statuses = [http.answer(&request), http.answer(&request)];
        let statuses = statuses.map(|answer| answer.map(|answer| answer["status"].clone()));
        assert_eq!(statuses, [Some(json!(503)), Some(json!(200))]);
        let binary = http.answer(&request).unwrap_or_default();
        assert_eq!(
            (&binary["body"], &binary["body_encoding"]),
            (&json!("/w=="), &json!("base64"))
        );
        let get = json!({"method": "GET", "url": "https://a.example/"});
        assert_eq!(http.answer(&get), None);
    }
}
