//! Errors of the control calls, and the nearest valid word for a wrong one.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A control call that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
#[serde(rename_all = "camelCase")]
pub struct ControlError {
    /// HTTP status: 400 bad request, 404 unknown object, 422 the PG's wire or rules cannot show it.
    #[serde(skip)]
    pub status: u16,
    /// Error code; for a window, the code of the PG's own script.
    pub code: String,
    /// Member of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and how to put it right.
    pub message: String,
}

impl ControlError {
    /// A request that is wrong in `field`.
    #[must_use]
    pub fn bad(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: "BAD_REQUEST".into(),
            field: Some(field.into()),
            message: message.into(),
        }
    }

    /// Something that the PG does not know.
    #[must_use]
    pub fn missing(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: 404,
            code: "NOT_FOUND".into(),
            field: Some(field.into()),
            message: message.into(),
        }
    }

    /// Something that this PG's protocol or rules do not allow.
    #[must_use]
    pub fn impossible(message: impl Into<String>) -> Self {
        Self {
            status: 422,
            code: "NOT_POSSIBLE".into(),
            field: None,
            message: message.into(),
        }
    }

    /// An error code of the PG's own script or page.
    #[must_use]
    pub fn script(code: &str, field: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            field: Some(field.to_owned()),
            message: message.into(),
        }
    }
}

/// The word of `valid` that `given` most likely meant, if any is near.
#[must_use]
pub fn nearest<'a>(given: &str, valid: &[&'a str]) -> Option<&'a str> {
    valid
        .iter()
        .map(|word| (strsim::jaro_winkler(given, word), *word))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score > 0.7)
        .map(|(_, word)| word)
}

/// A 400 for a word that is not in the list, naming the nearest one and all of them.
#[must_use]
pub fn unknown_word(field: &str, given: &str, valid: &[&str]) -> ControlError {
    let hint = nearest(given, valid)
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default();
    ControlError::bad(
        field,
        format!(
            "`{field}` is `{given}`, which is not one of: {}{hint}",
            valid.join(", ")
        ),
    )
}

/// Reads a JSON body strictly.
///
/// # Errors
/// 400 naming the member that is wrong.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body".to_owned() } else { path };
        ControlError::bad(field.clone(), format!("`{field}`: {}", error.inner()))
    })?;
    reader
        .end()
        .map_err(|error| ControlError::bad("body", format!("text after the JSON value: {error}")))?;
    Ok(value)
}

/// Reads a part of a request that is a JSON value already; `at` is where it stands.
///
/// # Errors
/// 400 naming the member that is wrong.
pub fn parse_value<T: DeserializeOwned>(at: &str, value: &serde_json::Value) -> Result<T, ControlError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." {
            at.to_owned()
        } else {
            format!("{at}.{path}")
        };
        ControlError::bad(field.clone(), format!("`{field}`: {}", error.inner()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_word_gets_the_nearest_one() {
        let error = unknown_word("kind", "late-anser", &["hang", "late-answer"]);
        assert_eq!(error.status, 400);
        assert!(
            error.message.contains("did you mean `late-answer`?"),
            "{}",
            error.message
        );
        assert_eq!(nearest("zzz", &["hang", "late-answer"]), None);
    }

    #[test]
    fn a_wrong_member_is_named() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Ask {
            #[allow(dead_code)]
            advance_ms: i64,
        }
        let error = parse::<Ask>(br#"{"advanceMs":"soon"}"#).err();
        assert_eq!(error.and_then(|e| e.field).as_deref(), Some("advanceMs"));
    }
}
