//! Base64 (RFC 4648, the standard alphabet), as the orchestrator is told its predictor.
//! Must never know what is decoded.

/// The bytes; `None` if the text is no base64 with its padding.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let unpadded = text.trim_end_matches('=').len();
    if !bytes.len().is_multiple_of(4) || bytes.len() - unpadded > 2 {
        return None;
    }
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3);
    let (mut held, mut bits) = (0u32, 0);
    for byte in &bytes[..unpadded] {
        held = held << 6 | u32::from(value(*byte)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            decoded.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(decoded)
}

fn value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::decode;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_the_rfc_agree() {
        for (text, plain) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()), "{text}");
        }
        for text in ["Z", "Zg", "Zg=", "Zg===", "Zm9v\n", "Zm-_", "====", "Z=g="] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn decoding_never_panics(text in "\\PC*") {
            decode(&text);
        }
    }
}
