//! An HTTP/1.1 client that hides nothing: it writes what it is told and gives back what came until
//! the connection was closed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request, written out in full.
#[derive(Clone)]
pub struct Ask {
    head: String,
    body: Vec<u8>,
    length: bool,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Ask {
    pub fn new(method: &str, target: &str) -> Ask {
        Ask::bare(method, target).header("Host", "localhost")
    }

    /// Without any header.
    pub fn bare(method: &str, target: &str) -> Ask {
        Ask {
            head: format!("{method} {target} HTTP/1.1\r\n"),
            body: Vec::new(),
            length: true,
        }
    }

    pub fn get(target: &str) -> Ask {
        Ask::new("GET", target)
    }

    pub fn header(mut self, name: &str, value: &str) -> Ask {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub fn agent(self, agent: impl ToString) -> Ask {
        self.header("X-Osaurus-Agent-Id", &agent.to_string())
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Ask {
        self.body = body.into();
        self
    }

    /// Leaves `Content-Length` to the test.
    pub fn without_length(mut self) -> Ask {
        self.length = false;
        self
    }

    /// Sends it and leaves the connection open.
    pub fn begin(&self, server: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(server).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        let length = match self.body.len() {
            0 => String::new(),
            length if self.length => format!("Content-Length: {length}\r\n"),
            _ => String::new(),
        };
        let head = format!("{}{length}\r\n", self.head);
        stream.write_all(head.as_bytes()).unwrap();
        // A server that answered already may have closed its side.
        let _ = stream.write_all(&self.body);
        stream
    }

    pub fn send(&self, server: SocketAddr) -> Response {
        Response::read(self.begin(server))
    }
}

impl Response {
    /// Reads until the server closes the connection.
    pub fn read(mut stream: TcpStream) -> Response {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            (name.to_lowercase(), value.to_string())
        };
        Response {
            status: status.parse().unwrap(),
            headers: lines.map(header).collect(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(key, _)| key == name);
        headers.map(|(_, value)| value.as_str()).collect()
    }

    /// The one value of a header.
    #[track_caller]
    pub fn one(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [value] => value,
            ref values => panic!("{name}: {values:?}"),
        }
    }

    /// The text of the host's error body.
    #[track_caller]
    pub fn message(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["error"]["message"].as_str().unwrap().to_string()
    }
}
