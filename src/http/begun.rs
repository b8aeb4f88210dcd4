//! A connection of which something was read already: what is read of it begins with that.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::first::{Tells, tell};

/// A connection and its first bytes.
pub(super) struct Begun<IO> {
    pub(super) head: BytesMut,
    pub(super) io: IO,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Begun<IO> {
    /// Reads until it is certain what the connection is.
    pub(super) async fn begin(io: IO) -> io::Result<(Tells, Self)> {
        let mut begun = Self { head: BytesMut::with_capacity(1_024), io };
        loop {
            match tell(&begun.head) {
                Tells::More if begun.io.read_buf(&mut begun.head).await? == 0 => return Ok((Tells::Nonsense, begun)),
                Tells::More => {}
                told => return Ok((told, begun)),
            }
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Begun<IO> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.head.is_empty() {
            return Pin::new(&mut self.io).poll_read(context, out);
        }
        let length = self.head.len().min(out.remaining());
        out.put_slice(self.head.get(..length).unwrap_or_default());
        self.head.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Begun<IO> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn what_was_read_to_tell_is_read_again() {
        let (mut browser, server) = tokio::io::duplex(64);
        let reading = tokio::spawn(async move {
            let (told, mut begun) = Begun::begin(server).await.unwrap();
            let mut all = Vec::new();
            begun.read_to_end(&mut all).await.unwrap();
            (told, all)
        });
        let whole = [0, 84, 0, 1, 0, 82, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3];
        for byte in whole {
            browser.write_all(&[byte]).await.unwrap();
        }
        drop(browser);
        assert_eq!(reading.await.unwrap(), (Tells::Ice, whole.to_vec()));
    }

    #[tokio::test]
    async fn a_connection_that_ends_before_it_said_anything_is_nothing() {
        let (browser, server) = tokio::io::duplex(64);
        drop(browser);
        assert_eq!(Begun::begin(server).await.unwrap().0, Tells::Nonsense);
    }
}
