//! What clients send that is almost right, made right before the library's types refuse the whole message.

use std::fmt::Write;

use serde_json::Value;

/// Mends the parameters of a message.
pub(super) fn params(method: &str, params: &mut Value) {
    if method == "initialize"
        && let Some(id) =
            params.get_mut("processId").filter(|id| id.as_u64().is_none_or(|id| u32::try_from(id).is_err()))
    {
        // Some clients send -1 where they have none.
        *id = Value::Null;
    }
    uris(params);
}

/// Encodes what RFC 3986 does not allow in the URIs of a message: some clients send paths as they are.
fn uris(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(uris),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if name.ends_with("Uri") || name == "uri" => {
                        if let Some(mended) = uri(text) {
                            *text = mended;
                        }
                    }
                    Value::String(_) => {}
                    inner => uris(inner),
                }
            }
        }
        _ => {}
    }
}

/// The URI with all that is not allowed encoded; `None` where nothing is.
fn uri(text: &str) -> Option<String> {
    let is_escape =
        |at: usize| text.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    let allowed = |at: usize, byte: u8| match byte {
        b'%' => is_escape(at),
        _ => byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&byte),
    };
    if text.bytes().enumerate().all(|(at, byte)| allowed(at, byte)) {
        return None;
    }
    let mut mended = String::with_capacity(text.len() + 8);
    for (at, byte) in text.bytes().enumerate() {
        if allowed(at, byte) {
            mended.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(mended, "%{byte:02X}");
        }
    }
    Some(mended)
}

#[cfg(test)]
mod tests {
    use super::params;
    use serde_json::json;

    #[test]
    fn almost_right_is_right() {
        let mut sent = json!({ "processId": -1, "rootUri": "file:///a b", "workspaceFolders": [{ "uri": "file:///é%zz%20" }],
            "text": "file:///a b", "capabilities": { "uri": 7 } });
        params("initialize", &mut sent);
        let mended = json!({ "processId": null, "rootUri": "file:///a%20b", "workspaceFolders": [{ "uri": "file:///%C3%A9%25zz%20" }],
            "text": "file:///a b", "capabilities": { "uri": 7 } });
        assert_eq!(sent, mended);
        let right = json!({ "uri": "file:///c%3A/x?y#z", "processId": 7 });
        let mut same = right.clone();
        params("initialize", &mut same);
        assert_eq!(same, right);
    }
}
