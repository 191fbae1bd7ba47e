//! Background tasks: start, watch, steer. A task belongs to the plugin and to the agent of the call
//! that started it.

use super::{Host, answer};
use crate::call::CallArg;
use crate::error::HostError;
use osaurus_abi::HostSlot;
use serde_json::{Map, Value};

/// A task's id, an upper-case UUID.
///
/// ```
/// use osaurus_plugin::TaskId;
/// let id = TaskId("3F2504E0-4F89-11D3-9A0C-0305E82C3301".to_owned());
/// assert!(id.to_string().starts_with("3F25"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskId(pub String);

impl std::fmt::Display for TaskId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a task should do.
///
/// ```
/// use osaurus_plugin::DispatchRequest;
/// let request = DispatchRequest {
///     title: Some("Weekly report".to_owned()),
///     ..DispatchRequest::new("Write the weekly report.")
/// };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DispatchRequest {
    /// The first message to the agent; not blank.
    pub prompt: String,
    /// Shown to the user; the host's default is "Chat".
    pub title: Option<String>,
    /// A UUID to use as the task's id. The host may answer another one, when it continues a
    /// session.
    pub id: Option<String>,
    /// Tasks with one key continue one conversation.
    pub session_id: Option<String>,
    /// A security-scoped bookmark of a folder, base64.
    pub folder_bookmark: Option<String>,
    /// Names of tools that the task shall have beside the agent's own.
    pub tools: Vec<String>,
}

impl DispatchRequest {
    /// A request with a prompt and defaults.
    ///
    /// ```
    /// use osaurus_plugin::DispatchRequest;
    /// let request = DispatchRequest::new("Write the weekly report.");
    /// assert_eq!(request.title, None);
    /// ```
    pub fn new(prompt: impl Into<String>) -> Self {
        DispatchRequest {
            prompt: prompt.into(),
            ..Default::default()
        }
    }

    fn to_json(&self) -> String {
        let mut json = Map::new();
        json.insert("prompt".into(), self.prompt.clone().into());
        let optional = [
            ("title", &self.title),
            ("id", &self.id),
            ("session_id", &self.session_id),
            ("folder_bookmark", &self.folder_bookmark),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                json.insert(key.into(), value.clone().into());
            }
        }
        if !self.tools.is_empty() {
            json.insert("tools".into(), self.tools.clone().into());
        }
        Value::Object(json).to_string()
    }
}

/// Where a task stands.
///
/// ```
/// use osaurus_plugin::{TaskId, TaskState};
/// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
/// let status = host.task_status(&TaskId("T-1".to_owned()))?;
/// if status.state == TaskState::Completed {
///     println!("{:?}", status.summary);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// Waits to start.
    Queued,
    /// Runs, or waits for the user.
    Running,
    /// Ended well.
    Completed,
    /// Ended with an error.
    Failed,
    /// Was cancelled.
    Cancelled,
    /// A word that this crate does not know.
    Other(String),
}

/// A task as the host reports it.
///
/// ```
/// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
/// for task in host.list_active_tasks()? {
///     println!("{}: {:?}", task.title, task.state);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStatus {
    /// Its id.
    pub id: TaskId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: TaskState,
    /// What the agent wrote last.
    pub output: Option<String>,
    /// The host's summary, of a finished task.
    pub summary: Option<String>,
    /// All that the host said: draft, activity, current step.
    pub details: Value,
}

fn status(slot: HostSlot, value: &Value) -> Result<TaskStatus, HostError> {
    let state = match answer::string(slot, value, "status")?.as_str() {
        "queued" => TaskState::Queued,
        "running" => TaskState::Running,
        "completed" => TaskState::Completed,
        "failed" => TaskState::Failed,
        "cancelled" => TaskState::Cancelled,
        other => TaskState::Other(other.to_owned()),
    };
    Ok(TaskStatus {
        id: TaskId(answer::string(slot, value, "id")?),
        title: answer::optional(value, "title").unwrap_or_default(),
        state,
        output: answer::optional(value, "output"),
        summary: answer::optional(value, "summary"),
        details: value.clone(),
    })
}

impl Host<'_> {
    /// Starts a task for this call's agent; answers when it is registered. Needs a chat agent; at
    /// most 10 a minute.
    ///
    /// ```
    /// use osaurus_plugin::DispatchRequest;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let task = host.dispatch(&DispatchRequest::new("Write the weekly report."))?;
    /// println!("task {task} runs");
    /// # Ok(())
    /// # }
    /// ```
    pub fn dispatch(&self, request: &DispatchRequest) -> Result<TaskId, HostError> {
        let slot = HostSlot::Dispatch;
        let value = self.ask_json(slot, &[CallArg::Text(&request.to_json())])?;
        answer::string(slot, &value, "id").map(TaskId)
    }

    /// Asks for a task of this plugin. Finished ones are forgotten soon (`not_found`).
    ///
    /// ```
    /// use osaurus_plugin::TaskId;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let status = host.task_status(&TaskId("T-1".to_owned()))?;
    /// println!("{:?}", status.state);
    /// # Ok(())
    /// # }
    /// ```
    pub fn task_status(&self, id: &TaskId) -> Result<TaskStatus, HostError> {
        let slot = HostSlot::TaskStatus;
        status(slot, &self.ask_json(slot, &[CallArg::Text(&id.0)])?)
    }

    /// This plugin's tasks that have not ended, of all agents.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let running = host.list_active_tasks()?.len();
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_active_tasks(&self) -> Result<Vec<TaskStatus>, HostError> {
        let slot = HostSlot::ListActiveTasks;
        let value = self.ask_json(slot, &[])?;
        let tasks = answer::array(slot, &value, "tasks")?;
        tasks.iter().map(|task| status(slot, task)).collect()
    }

    /// Cancels a task. The host ignores ids that it does not know.
    ///
    /// ```
    /// use osaurus_plugin::TaskId;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.dispatch_cancel(&TaskId("T-1".to_owned()))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn dispatch_cancel(&self, id: &TaskId) -> Result<(), HostError> {
        self.ask(HostSlot::DispatchCancel, &[CallArg::Text(&id.0)])
            .map(drop)
    }

    /// Stops what the agent is writing; a message becomes the next turn of the conversation.
    ///
    /// ```
    /// use osaurus_plugin::TaskId;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.dispatch_interrupt(&TaskId("T-1".to_owned()), Some("In French, please."))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn dispatch_interrupt(&self, id: &TaskId, message: Option<&str>) -> Result<(), HostError> {
        let args = [
            CallArg::Text(&id.0),
            message.map_or(CallArg::Null, CallArg::Text),
        ];
        self.ask(HostSlot::DispatchInterrupt, &args).map(drop)
    }

    /// Sets an active task's draft, an object; comes back as a DRAFT event.
    ///
    /// ```
    /// use osaurus_plugin::TaskId;
    /// use serde_json::json;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.send_draft(&TaskId("T-1".to_owned()), &json!({"text": "Dear all, …"}))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_draft(&self, id: &TaskId, draft: &Value) -> Result<(), HostError> {
        let draft = draft.to_string();
        let args = [CallArg::Text(&id.0), CallArg::Text(&draft)];
        self.ask(HostSlot::SendDraft, &args).map(drop)
    }

    /// Reserved: hosts since version 3 do nothing. Answered a task's question in version 2.
    pub fn dispatch_clarify(&self, id: &TaskId, response: &str) -> Result<(), HostError> {
        let args = [CallArg::Text(&id.0), CallArg::Text(response)];
        self.ask(HostSlot::DispatchClarify, &args).map(drop)
    }

    /// Reserved: hosts since version 3 refuse with `not_supported`. Added an issue to a task in
    /// version 2.
    pub fn dispatch_add_issue(&self, id: &TaskId, issue: &Value) -> Result<Value, HostError> {
        let issue = issue.to_string();
        let args = [CallArg::Text(&id.0), CallArg::Text(&issue)];
        self.ask_json(HostSlot::DispatchAddIssue, &args)
    }
}
