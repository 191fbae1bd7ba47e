//! A small web site on this machine: a page, two feeds, and a hub that remembers who asked for
//! messages. The host reaches it by mapped names.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

const PAGE: &str = "Dinosaurs were found to have kept notes in warm, dry caves.";

/// The running site.
pub struct Website {
    /// Where it is.
    pub address: SocketAddr,
    /// Bodies that were posted to the hub, as they come.
    pub subscriptions: Receiver<String>,
}

/// Starts it on a free port of this machine.
pub fn start() -> std::io::Result<Website> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (posted, subscriptions) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that has gone needs no answer.
            let _ = answer(stream, &posted);
        }
    });
    Ok(Website {
        address,
        subscriptions,
    })
}

struct Request {
    line: String,
    headers: String,
    body: String,
}

fn answer(mut stream: TcpStream, posted: &Sender<String>) -> std::io::Result<()> {
    let request = read(&stream)?;
    if request.line.starts_with("POST ") {
        let _ = posted.send(request.body);
        return stream
            .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let (status, kind, body) = page(request.line.split(' ').nth(1).unwrap_or("/"));
    let tag = format!("\"{}\"", body.len());
    let is_cached = status == "200 OK" && request.headers.contains(&tag);
    let (status, body) = if is_cached {
        ("304 Not Modified", "")
    } else {
        (status, body)
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nETag: {tag}\r\nContent-Length: \
         {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn page(path: &str) -> (&'static str, &'static str, &'static str) {
    match path {
        "/today" => ("200 OK", "text/plain", PAGE),
        "/science.xml" => (
            "200 OK",
            "application/rss+xml",
            include_str!("../site/science.xml"),
        ),
        "/culture.atom" => (
            "200 OK",
            "application/atom+xml",
            include_str!("../site/culture.atom"),
        ),
        _ => ("404 Not Found", "text/plain", "There is no such page."),
    }
}

fn read(stream: &TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut headers) = (String::new(), String::new());
    reader.read_line(&mut line)?;
    while reader.read_line(&mut headers)? > 2 {}
    let lower = headers.to_lowercase();
    let length = lower
        .split("content-length:")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let mut body = vec![
        0;
        length
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0)
    ];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Request {
        line,
        headers,
        body,
    })
}
