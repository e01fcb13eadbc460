//! The connections of browsers and clients: how many, how slow, and their end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

/// How long a connection may take to send the head of a request, and may be idle: who
/// opens many and says little does not keep others out.
const HEAD: Duration = Duration::from_secs(30);
/// How long a connection that was silent may take to end.
const FAREWELL: Duration = Duration::from_secs(30);
/// How often a silent HTTP/2 connection is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);
/// The most connections. Who comes then waits in the listener's queue.
const MOST: u32 = 8192;
/// The most requests at once on one HTTP/2 connection.
const STREAMS: u32 = 32;
/// How long to wait when the system has no room for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until told to stop; then takes no more and waits for those there are
/// to end what they are at.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(MOST as usize));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .max_concurrent_streams(STREAMS);
    loop {
        let (stream, peer, permit) = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let mut connection = Connection { peer, router: router.clone(), stop: stop.clone() };
        let (builder, tls) = (builder.clone(), tls.clone());
        tokio::spawn(async move {
            if let Some(tls) = tls {
                if let Some(stream) = connection.greet(&tls, stream).await {
                    connection.serve(&builder, stream).await;
                }
            } else {
                connection.serve(&builder, stream).await;
            }
            drop(permit);
        });
    }
    drop(listener);
    // It is never closed, so all of them come back.
    drop(room.acquire_many(MOST).await);
}

/// A connection, and who is at its other end.
struct Connection {
    peer: SocketAddr,
    router: Router,
    stop: watch::Receiver<bool>,
}

impl Connection {
    /// Shakes hands; nothing if the other side does not, or the server stops.
    async fn greet(
        &mut self,
        tls: &TlsAcceptor,
        stream: TcpStream,
    ) -> Option<TlsStream<TcpStream>> {
        tokio::select! {
            greeted = timeout(HEAD, tls.accept(stream)) => greeted.ok()?.ok(),
            _ = self.stop.wait_for(|stop| *stop) => None,
        }
    }

    /// Answers what comes, until the other side is done, has been silent for too long, or the
    /// server stops.
    async fn serve(
        self,
        builder: &Builder<TokioExecutor>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) {
        let Self { peer, router, mut stop } = self;
        let requests = Arc::new(Requests::default());
        let counted = Arc::clone(&requests);
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let (router, at_work) = (router.clone(), AtWork::new(&counted));
            async move {
                let answer = router.oneshot(request).await;
                drop(at_work);
                answer
            }
        });
        let mut http = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let patience = tokio::select! {
            // However a connection ends, its end is the other side's business.
            _ = http.as_mut() => return,
            () = requests.silence() => FAREWELL,
            // How long a server that stops waits for its requests, it knows itself.
            _ = stop.wait_for(|stop| *stop) => Duration::MAX,
        };
        http.as_mut().graceful_shutdown();
        drop(timeout(patience, http).await);
    }
}

/// How many requests a connection has brought, and how many of them were answered.
#[derive(Default)]
struct Requests {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Requests {
    /// Waits until there was none for so long. Hyper itself watches over HTTP/1 alone, and not
    /// before it has read what version is spoken.
    async fn silence(&self) {
        let mut before = 0;
        loop {
            tokio::time::sleep(HEAD).await;
            let begun = self.begun.load(Ordering::Relaxed);
            if begun == before && begun == self.ended.load(Ordering::Relaxed) {
                return;
            }
            before = begun;
        }
    }
}

/// A request, until it is answered or given up.
struct AtWork(Arc<Requests>);

impl AtWork {
    fn new(requests: &Arc<Requests>) -> Self {
        requests.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(requests))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(permit) = Arc::clone(room).acquire_owned().await else {
            // It is never closed.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and wait for nothing; a failure here only costs time.
                let _ = stream.set_nodelay(true);
                return (stream, peer, permit);
            }
            // Of one connection, or of all because there are no file descriptors left.
            Err(fault) => {
                tracing::debug!(causes = shared::causes(&fault), "no connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
