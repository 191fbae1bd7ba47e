//! What the user of a host does with tasks and files: wait, look, answer questions, dismiss, share.
//! Part of [`Host`].

use crate::chat::tasks::agent_loop;
use crate::common::ids::{AgentId, canonical_uuid};
use crate::host::Host;
use crate::host::errors::TaskError;
use crate::tools::artifacts::{self, ToShare};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// A question with which a task waits for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clarification {
    /// The task's id.
    pub task: String,
    /// The plugin that dispatched it.
    pub plugin: String,
    /// Its agent.
    pub agent: AgentId,
    /// The question.
    pub question: String,
    /// Answers to choose from; any other text is fine too.
    pub options: Vec<String>,
    /// Whether several may be chosen.
    pub allow_multiple: bool,
}

impl Host {
    /// Waits until no task works and all its events were delivered. A task that waits for an answer
    /// does not work. False when `limit` passed first.
    pub fn wait_for_tasks(&self, limit: Duration) -> bool {
        self.core.tasks.wait_for_all(limit)
    }

    /// The tasks that wait for an answer, in no particular order.
    pub fn clarifications(&self) -> Vec<Clarification> {
        let tasks = self.core.tasks.all().into_iter();
        let questions = tasks.filter_map(|task| {
            let question = task.question()?;
            Some(Clarification {
                task: task.id.clone(),
                plugin: task.context.plugin_id.clone(),
                agent: task.agent,
                question: question.question,
                options: question.options,
                allow_multiple: question.allow_multiple,
            })
        });
        questions.collect()
    }

    /// Answers a task's question, as its user would; the task goes on.
    pub fn answer_clarification(&self, id: &str, answer: &str) -> Result<(), TaskError> {
        let task = canonical_uuid(id).and_then(|id| self.core.tasks.find(&id));
        let task = task.ok_or_else(|| TaskError::Unknown(id.to_string()))?;
        if agent_loop::resume(&self.core, &task, answer) {
            Ok(())
        } else {
            Err(TaskError::NotWaiting(task.id.clone()))
        }
    }

    /// Replies to a completed task, as its user would; it runs again and completes a second time.
    pub fn reply_to_task(&self, id: &str, text: &str) -> Result<(), TaskError> {
        let task = canonical_uuid(id).and_then(|id| self.core.tasks.find(&id));
        let task = task.ok_or_else(|| TaskError::Unknown(id.to_string()))?;
        if agent_loop::reply(&self.core, &task, text) {
            Ok(())
        } else {
            Err(TaskError::NotCompleted(task.id.clone()))
        }
    }

    /// Forgets a task that has ended, as its user does by looking at it. False if there is none.
    pub fn dismiss_task(&self, task: &str) -> bool {
        canonical_uuid(task).is_some_and(|id| self.core.tasks.dismiss(&id))
    }

    /// Copies a file or folder of the user's into the artifacts folder and returns the artifact
    /// object. Plugins hear of it under [`crate::Profile::Documented`] only: Osaurus tells them of
    /// the tool `share_artifact` alone.
    pub fn share_file(&self, path: &Path, description: Option<&str>) -> Result<Value, TaskError> {
        let artifact = self.copy_artifact(path, description)?;
        if self.core.settings.profile.documented() {
            artifacts::notify(&self.core, &artifact);
        }
        Ok(artifact)
    }

    /// The same as the tool `share_artifact` does it: every plugin that handles artifacts hears of
    /// it.
    pub fn share_artifact(&self, path: &Path) -> Result<Value, TaskError> {
        let artifact = self.copy_artifact(path, None)?;
        artifacts::notify(&self.core, &artifact);
        Ok(artifact)
    }

    fn copy_artifact(&self, path: &Path, description: Option<&str>) -> Result<Value, TaskError> {
        let file = ToShare {
            path: Some(path.to_path_buf()),
            description: description.map(str::to_string),
            ..ToShare::default()
        };
        let shared = artifacts::copy(&self.core, &file, None);
        shared.map_err(|(_, message)| TaskError::Share(message))
    }

    /// Runs `job` on the host's main loop, where the task slots wait for their turn: while it runs,
    /// they wait.
    pub fn on_main_loop(&self, job: impl FnOnce() + Send + 'static) {
        self.core.tasks.main_loop.push(job);
    }
}
