//! A TCP proxy on loopback that cuts, stalls and refuses connections when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

/// The proxy; ends with the runtime.
pub struct Proxy {
    /// Where it listens, such as `127.0.0.1:4711`.
    pub address: String,
    cut: broadcast::Sender<()>,
    refuses: Arc<AtomicBool>,
    stalls: Arc<AtomicBool>,
}

impl Proxy {
    /// Listens on a free port and forwards to `to`.
    pub async fn start(to: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (cut, _) = broadcast::channel(1);
        let proxy = Proxy { address, cut, refuses: Arc::default(), stalls: Arc::default() };
        let (cut, refuses, stalls) = (proxy.cut.clone(), proxy.refuses.clone(), proxy.stalls.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if refuses.load(Relaxed) {
                    // Closed with something unread it is reset, whatever is faster.
                    tokio::spawn(async move { client.readable().await });
                    continue;
                }
                let Ok(server) = TcpStream::connect(&to).await else { continue };
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let (mut cut, mut cut_too, stalls) = (cut.subscribe(), cut.subscribe(), stalls.clone());
                tokio::spawn(async move {
                    tokio::select! { biased;
                        _ = cut_too.recv() => {}
                        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
                    }
                });
                tokio::spawn(async move {
                    let mut buffer = vec![0; 1 << 16];
                    loop {
                        let read = tokio::select! { biased;
                            _ = cut.recv() => return,
                            read = from_server.read(&mut buffer) => read,
                        };
                        match read {
                            Ok(0) | Err(_) => return,
                            Ok(_) if stalls.load(Relaxed) => {}
                            Ok(count) => {
                                if to_client.write_all(&buffer[..count]).await.is_err() {
                                    return;
                                }
                            }
                        }
                    }
                });
            }
        });
        proxy
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        drop(self.cut.send(()));
    }

    /// Cuts new connections at once, or lets them through again.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Relaxed);
    }

    /// Swallows all answers, or lets them through again.
    pub fn stall(&self, stalls: bool) {
        self.stalls.store(stalls, Relaxed);
    }
}
