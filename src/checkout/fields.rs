//! Reads members of a JSON object and collects every problem, so that a merchant sees all of them at once.

use serde_json::{Map, Value};

/// Largest integer that a JavaScript number carries exactly.
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// What is wrong with a request: each entry names the member and says what would be accepted.
#[derive(Debug, Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// Adds a problem of one member.
    pub fn add(&mut self, member: &str, message: &str) {
        self.0.push(format!("{member}: {message}"));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All problems in one line.
    pub fn joined(&self) -> String {
        self.0.join("; ")
    }
}

/// One object of the request. Absent, `null` and (for texts) empty members are all "not given": browsers send all three.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    prefix: &'a str,
}

impl<'a> Fields<'a> {
    /// Reads from `object`; `prefix` is its path with a trailing dot, or empty for the root.
    pub fn new(object: &'a Map<String, Value>, prefix: &'a str) -> Self {
        Self { object, prefix }
    }

    /// Full path of a member.
    pub fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A member that is given.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A text that may be missing.
    pub fn text(&self, name: &str, problems: &mut Problems) -> Option<&'a str> {
        match self.value(name)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text),
            _ => {
                problems.add(&self.path(name), "must be a string");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn required_text(&self, name: &str, problems: &mut Problems) -> Option<&'a str> {
        let wrong_type = self.value(name).is_some_and(|value| !value.is_string());
        let text = self.text(name, problems);
        if text.is_none() && !wrong_type {
            problems.add(&self.path(name), "is required");
        }
        text
    }

    /// An integer that may be missing.
    pub fn integer(&self, name: &str, problems: &mut Problems) -> Option<i64> {
        let value = self.value(name)?;
        let number = value.as_i64().filter(|n| (-INTEGER_MAX..=INTEGER_MAX).contains(n));
        if number.is_none() {
            problems.add(
                &self.path(name),
                "must be an integer in the currency's minor unit (KRW 1000 is 1000), not a string or a fraction, below 2^53",
            );
        }
        number
    }

    /// A boolean that may be missing.
    pub fn boolean(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        let value = self.value(name)?;
        let flag = value.as_bool();
        if flag.is_none() {
            problems.add(&self.path(name), "must be true or false");
        }
        flag
    }

    /// An object that may be missing.
    pub fn object(&self, name: &str, problems: &mut Problems) -> Option<&'a Map<String, Value>> {
        let value = self.value(name)?;
        let object = value.as_object();
        if object.is_none() {
            problems.add(&self.path(name), "must be an object");
        }
        object
    }

    /// An array that may be missing.
    pub fn array(&self, name: &str, problems: &mut Problems) -> Option<&'a [Value]> {
        let value = self.value(name)?;
        let array = value.as_array();
        if array.is_none() {
            problems.add(&self.path(name), "must be an array");
        }
        array.map(Vec::as_slice)
    }

    /// A word out of a list that may be missing.
    pub fn word(&self, name: &str, allowed: &[&'static str], problems: &mut Problems) -> Option<&'static str> {
        let text = self.text(name, problems)?;
        let word = allowed.iter().find(|word| **word == text).copied();
        if word.is_none() {
            problems.add(&self.path(name), &format!("must be one of {}", allowed.join(", ")));
        }
        word
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T>(value: &Value, f: impl FnOnce(Fields<'_>, &mut Problems) -> T) -> (T, String) {
        let mut problems = Problems::default();
        let out = f(Fields::new(value.as_object().unwrap(), "a."), &mut problems);
        (out, problems.joined())
    }

    #[test]
    fn absent_null_and_empty_are_not_given() {
        for value in [json!({}), json!({"x": null}), json!({"x": " "})] {
            assert_eq!(
                read(&value, |f, p| f.text("x", p).map(str::to_owned)),
                (None, String::new())
            );
            let (_, problems) = read(&value, |f, p| f.required_text("x", p).map(str::to_owned));
            assert_eq!(problems, "a.x: is required");
        }
    }

    #[test]
    fn a_wrong_type_is_one_problem_that_names_the_member() {
        let value = json!({"x": {"y": 1}});
        assert_eq!(
            read(&value, |f, p| f.required_text("x", p).map(str::to_owned)).1,
            "a.x: must be a string"
        );
        assert_eq!(read(&value, |f, p| f.boolean("x", p)).1, "a.x: must be true or false");
        assert_eq!(
            read(&json!({"x": 1}), |f, p| f.object("x", p).is_some()).1,
            "a.x: must be an object"
        );
        assert_eq!(
            read(&json!({"x": 1}), |f, p| f.array("x", p).is_some()).1,
            "a.x: must be an array"
        );
    }

    #[test]
    fn integers_are_exact() {
        assert_eq!(
            read(&json!({"x": 1000}), |f, p| f.integer("x", p)),
            (Some(1000), String::new())
        );
        for wrong in [
            json!("1000"),
            json!(10.5),
            json!(9_007_199_254_740_992_i64),
            json!(1e300),
            json!(u64::MAX),
        ] {
            let (value, problems) = read(&json!({ "x": wrong }), |f, p| f.integer("x", p));
            assert_eq!(value, None);
            assert!(problems.starts_with("a.x: must be an integer"), "{problems}");
        }
    }
}
