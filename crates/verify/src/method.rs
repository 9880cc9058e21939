//! The method of the original call.

use std::fmt;

use crate::BadRequestReason;

/// A method that an API may be called with.
///
/// The list is closed: an unknown token is refused, because what an upstream makes of `get` or `PROPFIND`
/// is not ours to guess, and TRACE and CONNECT have no place behind a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// Reads a method token, in capitals and nothing around it.
    pub const fn parse(token: &[u8]) -> Result<Self, BadRequestReason> {
        Ok(match token {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"PATCH" => Self::Patch,
            b"DELETE" => Self::Delete,
            b"OPTIONS" => Self::Options,
            _ => return Err(BadRequestReason::MethodUnknown),
        })
    }

    /// The token on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_211_method_games() {
        for token in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert_eq!(Method::parse(token.as_bytes()).map(Method::as_str), Ok(token));
        }
        for token in [
            "",
            "get",
            "Get",
            "GEt",
            "TRACE",
            "CONNECT",
            "PROPFIND",
            "QUERY",
            "GET ",
            " GET",
            "GET\r\n",
            "GET\0",
            "GETT",
            "GET,POST",
            "G\u{415}T",
            "*",
        ] {
            assert_eq!(Method::parse(token.as_bytes()), Err(BadRequestReason::MethodUnknown), "{token:?}");
        }
    }
}
