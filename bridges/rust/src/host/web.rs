//! `http_request` and `file_read`: bytes from outside.

use super::{Host, answer};
use crate::call::CallArg;
use crate::error::HostError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use osaurus_abi::HostSlot;
use serde_json::{Value, json};

/// A request that the host sends. It refuses local and private addresses, bodies over 50 MB, and
/// more than 60 a minute.
///
/// ```
/// use osaurus_plugin::HttpRequest;
/// let request = HttpRequest {
///     headers: vec![("accept".to_owned(), "application/json".to_owned())],
///     timeout_ms: Some(5_000),
///     ..HttpRequest::get("https://api.example.com/notes")
/// };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// For example `GET`.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// Name and value.
    pub headers: Vec<(String, String)>,
    /// Sent as text when it is UTF-8, else as base64.
    pub body: Option<Vec<u8>>,
    /// The host's default is 30,000, its limit 300,000.
    pub timeout_ms: Option<u64>,
    /// The host's default is true.
    pub follow_redirects: bool,
}

impl HttpRequest {
    /// A request without body and headers.
    ///
    /// ```
    /// use osaurus_plugin::HttpRequest;
    /// let request = HttpRequest::new("POST", "https://api.example.com/notes");
    /// assert_eq!(request.method, "POST");
    /// ```
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        HttpRequest {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            timeout_ms: None,
            follow_redirects: true,
        }
    }

    /// A GET.
    ///
    /// ```
    /// use osaurus_plugin::HttpRequest;
    /// assert_eq!(HttpRequest::get("https://example.com").method, "GET");
    /// ```
    pub fn get(url: impl Into<String>) -> Self {
        HttpRequest::new("GET", url)
    }

    fn to_json(&self) -> String {
        let mut json = json!({
            "method": self.method,
            "url": self.url,
            "follow_redirects": self.follow_redirects,
        });
        if !self.headers.is_empty() {
            let pairs = self.headers.iter();
            json["headers"] = pairs
                .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                .collect();
        }
        if let Some(timeout_ms) = self.timeout_ms {
            json["timeout_ms"] = timeout_ms.into();
        }
        match self
            .body
            .as_deref()
            .map(|body| (body, std::str::from_utf8(body)))
        {
            None => {}
            Some((_, Ok(text))) => json["body"] = text.into(),
            Some((bytes, Err(_))) => {
                json["body"] = STANDARD.encode(bytes).into();
                json["body_encoding"] = "base64".into();
            }
        }
        json.to_string()
    }
}

/// What the server answered; 4xx and 5xx are answers too.
///
/// ```
/// use osaurus_plugin::HttpRequest;
/// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
/// let response = host.http_request(&HttpRequest::get("https://example.com"))?;
/// if response.status == 200 {
///     println!("{}", response.text());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case name and value.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl HttpResponse {
    /// A header by its lower-case name.
    ///
    /// ```
    /// use osaurus_plugin::HttpRequest;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let response = host.http_request(&HttpRequest::get("https://example.com"))?;
    /// let kind = response.header("content-type");
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(header, _)| header == name);
        header.map(|(_, value)| value.as_str())
    }

    /// The body as text; bad bytes become U+FFFD.
    ///
    /// ```
    /// use osaurus_plugin::HttpRequest;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let response = host.http_request(&HttpRequest::get("https://example.com"))?;
    /// println!("{}", response.text());
    /// # Ok(())
    /// # }
    /// ```
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// A file that the user or a task shared with the plugin.
///
/// ```
/// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
/// let file = host.file_read("/tmp/report.pdf")?;
/// println!("{} bytes of {}", file.data.len(), file.mime_type);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// The file's bytes, at most 50 MB.
    pub data: Vec<u8>,
    /// By the file's extension.
    pub mime_type: String,
}

impl Host<'_> {
    /// Sends a request and waits for the answer.
    ///
    /// ```
    /// use osaurus_plugin::HttpRequest;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let response = host.http_request(&HttpRequest::get("https://example.com"))?;
    /// assert_eq!(response.status, 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_request(&self, request: &HttpRequest) -> Result<HttpResponse, HostError> {
        let slot = HostSlot::HttpRequest;
        let value = self.ask_json(slot, &[CallArg::Text(&request.to_json())])?;
        let status = value.get("status").and_then(Value::as_u64);
        let Some(status) = status.and_then(|status| u16::try_from(status).ok()) else {
            return Err(answer::bad(slot, "an object with a `status`", &value));
        };
        let body = answer::optional(&value, "body").unwrap_or_default();
        let body = match answer::optional(&value, "body_encoding").as_deref() {
            Some("base64") => decode(slot, &body)?,
            _ => body.into_bytes(),
        };
        let headers = value.get("headers").and_then(Value::as_object);
        let pair =
            |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        Ok(HttpResponse {
            status,
            headers: headers.into_iter().flatten().filter_map(pair).collect(),
            body,
            elapsed_ms: value.get("elapsed_ms").and_then(Value::as_u64).unwrap_or(0),
        })
    }

    /// Reads a file by its absolute path; only files under the host's artifacts folder. Revision 2d
    /// and later.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let file = host.file_read("/tmp/report.pdf")?;
    /// println!("{} bytes of {}", file.data.len(), file.mime_type);
    /// # Ok(())
    /// # }
    /// ```
    pub fn file_read(&self, path: &str) -> Result<FileContent, HostError> {
        let slot = HostSlot::FileRead;
        let request = json!({ "path": path }).to_string();
        let value = self.ask_json(slot, &[CallArg::Text(&request)])?;
        Ok(FileContent {
            data: decode(slot, &answer::string(slot, &value, "data")?)?,
            mime_type: answer::optional(&value, "mime_type").unwrap_or_default(),
        })
    }
}

fn decode(slot: HostSlot, text: &str) -> Result<Vec<u8>, HostError> {
    STANDARD.decode(text).map_err(|error| HostError::BadAnswer {
        slot,
        expected: "base64".to_owned(),
        found: format!("{} ({error})", answer::excerpt(text)),
    })
}
