//! Why a call is refused before anybody looks at its credential.

/// One row per reason: its name, the code for machines, the sentence for people.
macro_rules! reasons {
    ($($name:ident $code:literal $sentence:literal)*) => {
        /// Why what the gateway said about the original call is not believed.
        ///
        /// A reason never repeats the input, so it may be logged and answered as it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum BadRequestReason {
            $(#[doc = $sentence] #[error($sentence)] $name,)*
        }

        impl BadRequestReason {
            /// Every reason, in the order of the reference page.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable machine code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

reasons! {
    MethodUnknown "method_unknown"
        "The method is missing or is not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS in capitals."
    HostEmpty "host_empty"
        "The host is missing."
    HostTooLong "host_too_long"
        "The host is longer than 255 bytes."
    HostCharacter "host_character"
        "The host holds something other than letters, digits, hyphens and dots."
    HostLabel "host_label"
        "A part of the host between dots is empty, longer than 63 bytes, or starts or ends with a hyphen."
    HostAddress "host_address"
        "The host looks like an IP address and is not one."
    HostPort "host_port"
        "The port is not a number from 1 to 65535 without leading zeros."
    TargetEmpty "target_empty"
        "The path is missing."
    TargetNotPath "target_not_path"
        "The request target does not start with a slash."
    TargetTooLong "target_too_long"
        "The path or the query is longer than 8 KiB."
    PathCharacter "path_character"
        "The path holds a character that must be percent-encoded, or may not stand in a path at all."
    PathParameter "path_parameter"
        "The path holds a semicolon, which some servers cut off together with what follows it."
    PathEmptySegment "path_empty_segment"
        "The path holds two slashes in a row."
    PathDotSegment "path_dot_segment"
        "The path holds a segment that is one dot or two."
    PathBadPercent "path_bad_percent"
        "A percent sign in the path is not followed by two hexadecimal digits."
    PathEncodedControl "path_encoded_control"
        "The path holds a percent-encoded control character or line separator."
    PathEncodedDelimiter "path_encoded_delimiter"
        "The path holds one of / \\ % ? # ; in percent-encoded form."
    PathEncodedUnreserved "path_encoded_unreserved"
        "The path percent-encodes a letter, digit, hyphen, dot, underscore or tilde, which need no encoding."
    PathNotUtf8 "path_not_utf8"
        "The percent-encoded bytes of the path are not UTF-8."
    PathLookalike "path_lookalike"
        "The path holds a Unicode character that some servers turn into plain ASCII, such as a full-width slash."
    QueryCharacter "query_character"
        "The query holds a space, a hash sign, a control character or a byte that is not ASCII."
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::BadRequestReason;

    #[test]
    fn codes_are_distinct_snake_case_words() {
        let codes: HashSet<_> = BadRequestReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), BadRequestReason::ALL.len());
        for code in codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{code}"
            );
        }
    }

    #[test]
    fn sentences_start_with_a_capital_and_end_with_a_full_stop() {
        for reason in BadRequestReason::ALL {
            let sentence = reason.to_string();
            assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{sentence}");
        }
    }
}
