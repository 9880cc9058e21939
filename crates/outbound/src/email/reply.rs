//! One SMTP reply, read with a limit on everything.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Bytes of one reply that are read; a server that says more isn't listened to any longer.
const READ_MAX: usize = 4 << 20;
/// Bytes of one reply that are kept.
const KEPT_MAX: usize = 16 << 10;

/// What the server said to one command.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// Three digits.
    pub(super) code: u16,
    /// The text of each line.
    pub(super) lines: Vec<String>,
    /// Not all of the text was kept.
    pub(super) cut: bool,
    kept: usize,
}

impl Reply {
    /// First digit of the code: 2 done, 3 go on, 4 not now, 5 no.
    pub(super) fn class(&self) -> u16 {
        self.code / 100
    }

    /// Code and text in one line, as the server wrote them.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// Reads all lines of one reply.
    pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Self> {
        let mut reply = Self::default();
        let mut left = READ_MAX;
        loop {
            let line = reply.read_line(from, &mut left).await?;
            let (code, rest) = line.split_at_checked(3).ok_or_else(not_smtp)?;
            let code = code.parse().ok().filter(|code| (200..600).contains(code)).ok_or_else(not_smtp)?;
            if reply.code != 0 && reply.code != code {
                return Err(not_smtp());
            }
            reply.code = code;
            if !rest.get(1..).unwrap_or_default().is_empty() {
                reply.lines.push(rest[1..].to_owned());
            }
            if !rest.starts_with('-') {
                return Ok(reply);
            }
        }
    }

    /// Reads to the end of a line; keeps of it what there is room for, but always the code.
    async fn read_line(
        &mut self,
        from: &mut (impl AsyncBufRead + Unpin),
        left: &mut usize,
    ) -> Result<String> {
        let mut line = Vec::new();
        let room = KEPT_MAX.saturating_sub(self.kept).max("250-".len());
        loop {
            let seen = from.fill_buf().await?;
            if seen.is_empty() {
                return Err(Error::new(ErrorKind::UnexpectedEof, "the server closed the connection"));
            }
            let end = seen.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(seen.len(), |at| at + 1);
            let fits = used.min(room - line.len());
            line.extend_from_slice(&seen[..fits]);
            self.cut |= fits < used;
            from.consume(used);
            *left = left
                .checked_sub(used)
                .ok_or_else(|| Error::new(ErrorKind::InvalidData, "the server's answer has no end"))?;
            if end.is_some() {
                self.kept += line.len();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
        }
    }
}

fn not_smtp() -> Error {
    Error::new(ErrorKind::InvalidData, "the server does not speak SMTP")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut said: &[u8]) -> Result<Reply> {
        Reply::read(&mut said).await
    }

    #[tokio::test]
    async fn lines_belong_together() {
        let reply = read(b"250-sink.test\r\n250-AUTH PLAIN\r\n250 HELP\r\n").await.unwrap();
        assert_eq!((reply.code, reply.cut), (250, false));
        assert_eq!(reply.lines, ["sink.test", "AUTH PLAIN", "HELP"]);
        assert_eq!(read(b"354\r\n").await.unwrap().code, 354);
    }

    #[tokio::test]
    async fn what_is_no_reply_is_an_error() {
        for said in [
            "HTTP/1.1 400 Bad\r\n",
            "25\r\n",
            "999 x\r\n",
            "250-a\r\n550 b\r\n",
            "250 no end",
            "é50 x\r\n",
            "",
        ] {
            assert!(read(said.as_bytes()).await.is_err(), "{said:?}");
        }
    }

    #[tokio::test]
    async fn a_flood_is_read_but_not_kept() {
        let flood = format!("{}550 end\r\n", "550-flood\r\n".repeat(100_000));
        let reply = read(flood.as_bytes()).await.unwrap();
        assert_eq!((reply.code, reply.cut), (550, true));
        assert!(reply.text().len() <= KEPT_MAX);
        let endless = "x".repeat(READ_MAX + 1);
        let error = read(format!("550 {endless}\r\n").as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
