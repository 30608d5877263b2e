//! The door: so many connections are open at once; whoever comes above that is sent away at once, and those who are in go on.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{
    Server,
    server::{Connected, TcpConnectInfo, TcpIncoming},
};

use crate::limits::{CALLS_A_CONNECTION, HEADER_BYTES};

/// A connection that has a seat, for as long as it is open.
pub(crate) struct Seated {
    stream: TcpStream,
    _seat: OwnedSemaphorePermit,
}

/// Connections are asked so often whether they are alive.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What holds for every connection, whoever answers behind it.
pub(crate) fn server() -> Server {
    Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .max_concurrent_streams(CALLS_A_CONNECTION)
        .http2_max_header_list_size(HEADER_BYTES)
}

/// The connections of a listener for which there is a seat. The others are hung up on: each takes a file of the process, and
/// without files the log could not go on.
pub(crate) fn seated(
    listener: TcpListener,
    seats: usize,
) -> impl Stream<Item = io::Result<Seated>> {
    // What a builder says of sockets holds only for a listener of its own: without this, an answer in two pieces waits some
    // forty milliseconds for the caller's system to acknowledge the first.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let seats = Arc::new(Semaphore::new(seats));
    incoming.with_keepalive(Some(KEEPALIVE)).filter_map(move |came| match came {
        Ok(stream) => {
            let seat = Arc::clone(&seats).try_acquire_owned().ok()?;
            Some(Ok(Seated { stream, _seat: seat }))
        }
        Err(error) => Some(Err(error)),
    })
}

impl Connected for Seated {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Seated {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl AsyncWrite for Seated {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, pin::pin};

    use super::*;

    #[tokio::test]
    async fn no_answer_waits_for_the_callers_acknowledgement() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let caller = TcpStream::connect(address).await.unwrap();
        let accepted = pin!(seated(listener, 1)).next().await.unwrap().unwrap();
        assert!(accepted.stream.nodelay().unwrap());
        drop(caller);
    }
}
