//! A web server with one page, for the step that fetches one. The host reaches it by a mapped name.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

const PAGE: &str = "Dinosaurs were found to have kept notes in warm, dry caves.";

/// Starts it on a free port of this machine.
pub fn start() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{PAGE}",
                PAGE.len()
            );
        }
    });
    Ok(address)
}
