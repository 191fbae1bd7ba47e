//! Models: complete, stream, embed, list. At most two such calls of a plugin run at once; the host
//! refuses a third with `plugin_busy`.

use super::{Host, answer};
use crate::call::{CallArg, ChunkFn, RawCall};
use crate::error::HostError;
use osaurus_abi::HostSlot;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

/// A model that the host offers.
///
/// ```
/// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
/// let models = host.list_models()?;
/// let embeds = models.iter().any(|model| model.kind == "embedding");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// What `complete` takes as `model`.
    pub id: String,
    /// For people.
    pub name: String,
    /// `apple`, `local`, or a remote owner.
    pub provider: String,
    /// `embedding` for the embedding model.
    pub kind: String,
    /// For example `chat`, `tool_calling`, `embedding`.
    pub capabilities: Vec<String>,
    /// Length of an embedding, for the embedding model.
    pub dimensions: Option<u64>,
}

impl Host<'_> {
    /// A chat completion; request and answer as in the OpenAI API, with the host's extensions
    /// (`tools: true`, `max_iterations`, `session_id`). The host requires `model`: when the request
    /// has none, `"default"` is added.
    ///
    /// ```
    /// use serde_json::json;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let request = json!({"messages": [{"role": "user", "content": "Say hello."}]});
    /// let answer = host.complete(&request)?;
    /// let text = &answer["choices"][0]["message"]["content"];
    /// # Ok(())
    /// # }
    /// ```
    pub fn complete(&self, request: &Value) -> Result<Value, HostError> {
        let request = with_model(request).to_string();
        self.ask_json(HostSlot::Complete, &[CallArg::Text(&request)])
    }

    /// As [`Host::complete`], in pieces: `on_chunk` gets each chunk, one after the other, **on a
    /// thread of the host's**, where it must not call the host. `Break` cancels the stream (version
    /// 3 and later; on older hosts the rest is dropped); so does the call's deadline. A cancelled
    /// stream is [`HostError::Host`] with the code `cancelled` and `partial_content`. A unique
    /// `stream_id` is added when the request has none.
    ///
    /// ```
    /// use serde_json::json;
    /// use std::ops::ControlFlow;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let request = json!({"messages": [{"role": "user", "content": "Count to ten."}]});
    /// host.complete_stream(&request, &|chunk| {
    ///     print!("{}", chunk["choices"][0]["delta"]["content"]);
    ///     ControlFlow::Continue(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn complete_stream(
        &self,
        request: &Value,
        on_chunk: &(dyn Fn(&Value) -> ControlFlow<()> + Sync),
    ) -> Result<Value, HostError> {
        let slot = HostSlot::CompleteStream;
        let mut request = with_model(request).into_owned();
        if let Some(request) = request.as_object_mut() {
            request
                .entry("stream_id")
                .or_insert_with(|| fresh_stream_id().into());
        }
        let request = request.to_string();
        let parsed = |chunk: &str| match serde_json::from_str(chunk) {
            Ok(chunk) => on_chunk(&chunk),
            // A chunk that is not JSON says nothing; the answer still has the whole text.
            Err(_) => ControlFlow::Continue(()),
        };
        let text = self
            .call(&RawCall {
                slot,
                args: &[CallArg::Text(&request)],
                on_chunk: Some(&parsed as &ChunkFn<'_>),
            })?
            .ok_or(HostError::NullAnswer { slot })?;
        answer::parse(slot, &text)
    }

    /// Asks the host to end a stream of this plugin by its `stream_id`. Never waits. Version 3.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// // The `stream_id` of a request whose answer still comes, on another thread.
    /// host.complete_cancel("summary-1")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn complete_cancel(&self, stream_id: &str) -> Result<(), HostError> {
        self.ask(HostSlot::CompleteCancel, &[CallArg::Text(stream_id)])
            .map(drop)
    }

    /// One vector per text, in order.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let vectors = host.embed(&["milk", "bread"])?;
    /// assert_eq!(vectors.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn embed(&self, strings: &[&str]) -> Result<Vec<Vec<f32>>, HostError> {
        let slot = HostSlot::Embed;
        let request = json!({ "input": strings }).to_string();
        let value = self.ask_json(slot, &[CallArg::Text(&request)])?;
        let mut vectors = vec![Vec::new(); strings.len()];
        for (place, item) in answer::array(slot, &value, "data")?.iter().enumerate() {
            let index = item.get("index").and_then(Value::as_u64);
            let index = index.map_or(place, |index| index as usize);
            if let Some(vector) = vectors.get_mut(index) {
                *vector = floats(slot, item)?;
            }
        }
        if vectors.iter().any(Vec::is_empty) {
            let expected = format!("{} vectors", strings.len());
            return Err(answer::bad(slot, &expected, &value));
        }
        Ok(vectors)
    }

    /// The models that the host offers.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// for model in host.list_models()? {
    ///     println!("{} from {}", model.id, model.provider);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_models(&self) -> Result<Vec<Model>, HostError> {
        let slot = HostSlot::ListModels;
        let value = self.ask_json(slot, &[])?;
        let models = answer::array(slot, &value, "models")?;
        models.iter().map(|entry| model(slot, entry)).collect()
    }
}

fn model(slot: HostSlot, entry: &Value) -> Result<Model, HostError> {
    let text = |key| answer::optional(entry, key).unwrap_or_default();
    let capabilities = entry.get("capabilities").and_then(Value::as_array);
    Ok(Model {
        id: answer::string(slot, entry, "id")?,
        name: text("name"),
        provider: text("provider"),
        kind: text("type"),
        capabilities: capabilities
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect(),
        dimensions: entry.get("dimensions").and_then(Value::as_u64),
    })
}

fn floats(slot: HostSlot, item: &Value) -> Result<Vec<f32>, HostError> {
    let numbers = answer::array(slot, item, "embedding")?;
    let float = |number: &Value| number.as_f64().map(|number| number as f32);
    let floats: Option<Vec<f32>> = numbers.iter().map(float).collect();
    floats.ok_or_else(|| answer::bad(slot, "an embedding of numbers", item))
}

/// The host's decoder wants a string for `model`, although the documents call it optional.
fn with_model(request: &Value) -> Cow<'_, Value> {
    if !request.is_object() || request.get("model").is_some_and(Value::is_string) {
        return Cow::Borrowed(request);
    }
    let mut request = request.clone();
    request["model"] = "default".into();
    Cow::Owned(request)
}

/// Unique in this process, and, by its random part, among the processes of the host.
fn fresh_stream_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    let random = RandomState::new().build_hasher().finish();
    format!("osr-{random:016x}-{count}")
}
