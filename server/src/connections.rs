//! The connections of browsers and clients: how many, how slow, and their end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// How long a connection may take to send the head of a request, and may be idle: who
/// opens many and says little does not keep others out.
const HEAD: Duration = Duration::from_secs(30);
/// How often a silent HTTP/2 connection is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);
/// The most connections. Who comes then waits in the listener's queue.
const MOST: usize = 8192;
/// The most requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;
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
    let room = Arc::new(Semaphore::new(MOST));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .max_concurrent_streams(STREAMS);
    let open = GracefulShutdown::new();
    loop {
        let (stream, peer, permit) = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let (builder, tls, watcher) = (builder.clone(), tls.clone(), open.watcher());
        tokio::spawn(async move {
            // However a connection ends, its end is the other side's business.
            if let Some(tls) = tls {
                if let Ok(Ok(stream)) = timeout(HEAD, tls.accept(stream)).await {
                    let connection = builder.serve_connection(TokioIo::new(stream), service);
                    drop(watcher.watch(connection).await);
                }
            } else {
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                drop(watcher.watch(connection).await);
            }
            drop(permit);
        });
    }
    drop(listener);
    open.shutdown().await;
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
