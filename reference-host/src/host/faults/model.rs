//! A model whose Nth piece of an answer never comes.

use super::{Fault, Faults};
use crate::chat::model::{ChatAnswer, ChatRequest, Delta, Listener, Model, ModelError, ModelInfo};
use std::ops::ControlFlow;
use std::sync::Arc;

struct FaultyModel {
    inner: Arc<dyn Model>,
    faults: Arc<Faults>,
}

pub(super) fn around(inner: Arc<dyn Model>, faults: Arc<Faults>) -> Arc<dyn Model> {
    Arc::new(FaultyModel { inner, faults })
}

fn cut_short() -> ModelError {
    ModelError::Failed("the model's answer was cut".into())
}

impl Model for FaultyModel {
    fn chat(
        &self,
        request: &ChatRequest,
        listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, ModelError> {
        let Some(listener) = listener else {
            if self.faults.strikes(Fault::ModelChunk) {
                return Err(cut_short());
            }
            return self.inner.chat(request, None);
        };
        let mut broken = false;
        let mut breaking_listener = |delta: Delta| {
            if self.faults.strikes(Fault::ModelChunk) {
                broken = true;
                return ControlFlow::Break(());
            }
            listener(delta)
        };
        let answer = self.inner.chat(request, Some(&mut breaking_listener));
        if broken { Err(cut_short()) } else { answer }
    }

    fn embed(&self, inputs: &[String]) -> Result<Vec<Vec<f32>>, String> {
        self.inner.embed(inputs)
    }

    fn models(&self) -> Result<Vec<ModelInfo>, String> {
        self.inner.models()
    }

    fn default_model(&self) -> String {
        self.inner.default_model()
    }

    fn embedding_model(&self) -> String {
        self.inner.embedding_model()
    }

    fn dimensions(&self) -> Option<usize> {
        self.inner.dimensions()
    }

    fn context_window(&self) -> Option<u64> {
        self.inner.context_window()
    }
}
