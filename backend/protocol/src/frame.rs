//! JSON-RPC 2.0 frames: reading what came in, writing what goes out.
//!
//! A frame is read into typed structs, never through a JSON tree, so that duplicate keys are refused (docs/PROTOCOL.md, "Reading a frame").

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[cfg(test)]
mod tests;

use crate::{
    call::Call,
    events::ServerNotice,
    problem::{Problem, ProblemCode},
};

/// Largest message in bytes, both directions.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Longest request id in characters.
pub const MAX_ID_CHARS: usize = 64;
/// Deepest nesting of a frame. Ours need 6.
pub const MAX_DEPTH: usize = 32;

/// A request as read from the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Chosen by the desktop; the answer carries it.
    pub id: String,
    /// What is asked.
    pub call: Call,
}

/// A frame that could not be read: what to answer, and under which id if one could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// Id of the frame, if it had a good one.
    pub id: Option<String>,
    /// What is wrong with it.
    pub problem: Box<Problem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequest<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

impl Request {
    /// Reads one text frame.
    ///
    /// # Errors
    /// `bad_json` (with a column), `bad_request` (naming the field) or `unknown_method`.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        check_depth(text)?;
        let raw: RawRequest<'_> = serde_json::from_str(text)
            .map_err(|error| Unreadable::new(id_of(text), Part::Frame, &error, column(text, text, &error)))?;
        if !is_object(text) {
            let problem =
                Box::new(Problem::new(ProblemCode::BadRequest, "a frame is one object; there are no batches"));
            return Err(Unreadable { id: None, problem });
        }
        let id = read_id(raw.id)?;
        let refuse = |problem: Problem| Unreadable { id: Some(id.clone()), problem: Box::new(problem) };
        if raw.jsonrpc != "2.0" {
            return Err(refuse(Problem::new(ProblemCode::BadRequest, "jsonrpc must be \"2.0\"")));
        }
        let params = raw.params.map_or("{}", RawValue::get);
        if !is_object(params) {
            return Err(refuse(Problem::new(ProblemCode::BadRequest, "params must be an object")));
        }
        match Call::read(&raw.method, params) {
            None => Err(refuse(Problem::new(ProblemCode::UnknownMethod, "no such method"))),
            Some(Err(error)) => Err(Unreadable::new(Some(id), Part::Params, &error, column(text, params, &error))),
            Some(Ok(call)) => Ok(Self { id, call }),
        }
    }

    /// Writes the request for the wire.
    pub fn write(&self) -> String {
        #[derive(Serialize)]
        struct Out<'a> {
            jsonrpc: &'static str,
            id: &'a str,
            #[serde(flatten)]
            call: &'a Call,
        }
        to_text(&Out { jsonrpc: "2.0", id: &self.id, call: &self.call })
    }
}

/// What was being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The whole frame.
    Frame,
    /// The parameters of a frame that is one JSON value.
    Params,
}

impl Unreadable {
    fn new(id: Option<String>, part: Part, error: &serde_json::Error, column: u32) -> Self {
        let text = error.to_string();
        // serde reports a duplicate key as a data error, but the frame is ambiguous JSON: readers disagree which value counts.
        let ambiguous = text.starts_with("duplicate field");
        // And it reports a list where a name is expected as a syntax error; but brackets and commas were seen to be right before.
        let misshapen =
            part == Part::Params && ["expected value", "trailing"].iter().any(|start| text.starts_with(start));
        let message = describe(error, column);
        let problem = if (error.is_data() && !ambiguous) || misshapen {
            Problem::new(ProblemCode::BadRequest, message)
        } else {
            Problem { column: Some(column), ..Problem::new(ProblemCode::BadJson, message) }
        };
        Self { id, problem: Box::new(problem) }
    }
}

/// The error without the refused content: serde quotes values ("invalid type: string \"secret\""), a log must not. Names of fields are told
/// when they look like names; anything else could be a line of its own in a log.
fn describe(error: &serde_json::Error, column: u32) -> String {
    let text = error.to_string();
    let named = ["unknown field", "missing field", "duplicate field"].iter().any(|start| text.starts_with(start));
    let name = text.split('`').nth(1).unwrap_or_default();
    let like_a_name =
        name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let told = text.rsplit_once(" at line ").map_or(text.as_str(), |(told, _)| told);
    if named && like_a_name {
        return format!("{told} at column {column}");
    }
    match (text.starts_with("unknown variant"), told.rsplit_once(", expected ")) {
        (true, Some((_, expected))) => format!("unknown value at column {column}, expected {expected}"),
        _ => format!("wrong shape at column {column}"),
    }
}

/// Column in the frame, in bytes from 1, of an error in `part`, which is a slice of the frame (or an empty list of parameters from us).
fn column(frame: &str, part: &str, error: &serde_json::Error) -> u32 {
    let before = part.as_ptr().addr().checked_sub(frame.as_ptr().addr()).filter(|before| *before < frame.len());
    let lines: usize = part.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    u32::try_from(before.unwrap_or(0) + lines + error.column()).unwrap_or(u32::MAX).max(1)
}

/// The id of a frame that is wrong elsewhere, so that whoever waits for the answer hears of it.
fn id_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct IdAlone<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    let alone: IdAlone<'_> = serde_json::from_str(text).ok().filter(|_| is_object(text))?;
    read_id(Some(alone.id)).ok()
}

/// serde takes a list of values in the order of the fields for an object; nobody who writes our frames means that.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn read_id(raw: Option<&RawValue>) -> Result<String, Unreadable> {
    let bad = || Unreadable {
        id: None,
        problem: Box::new(Problem::new(
            ProblemCode::BadRequest,
            format!("id must be a string of 1 to {MAX_ID_CHARS} characters"),
        )),
    };
    let id: String = raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).ok_or_else(bad)?;
    if id.is_empty() || id.chars().count() > MAX_ID_CHARS { Err(bad()) } else { Ok(id) }
}

/// Refuses deep nesting before serde walks it: raw values are skipped without a depth limit of their own.
fn check_depth(text: &str) -> Result<(), Unreadable> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (column, byte) in text.bytes().enumerate() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let column = u32::try_from(column + 1).unwrap_or(u32::MAX);
                    let problem = Problem {
                        column: Some(column),
                        ..Problem::new(ProblemCode::BadJson, format!("nested deeper than {MAX_DEPTH}"))
                    };
                    return Err(Unreadable { id: None, problem: Box::new(problem) });
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a successful answer. `result` is any result type of [`crate::call`].
pub fn write_result<T: Serialize>(id: &str, result: &T) -> String {
    #[derive(Serialize)]
    struct Out<'a, T> {
        jsonrpc: &'static str,
        id: &'a str,
        result: &'a T,
    }
    to_text(&Out { jsonrpc: "2.0", id, result })
}

/// Writes a refusal. `id` is `None` when the frame had no readable one.
pub fn write_problem(id: Option<&str>, problem: &Problem) -> String {
    #[derive(Serialize)]
    struct RpcError<'a> {
        code: i32,
        message: &'a str,
        data: &'a Problem,
    }
    #[derive(Serialize)]
    struct Out<'a> {
        jsonrpc: &'static str,
        id: Option<&'a str>,
        error: RpcError<'a>,
    }
    let error = RpcError { code: problem.rpc_code(), message: &problem.message, data: problem };
    to_text(&Out { jsonrpc: "2.0", id, error })
}

/// Writes a notification.
pub fn write_notice(notice: &ServerNotice) -> String {
    #[derive(Serialize)]
    struct Out<'a> {
        jsonrpc: &'static str,
        #[serde(flatten)]
        notice: &'a ServerNotice,
    }
    to_text(&Out { jsonrpc: "2.0", notice })
}

/// Writes `events.changes` with changes that are encoded already, byte for byte as [`write_notice`] would.
pub fn write_changes(changes: &[&RawValue]) -> String {
    #[derive(Serialize)]
    struct Params<'a> {
        changes: &'a [&'a RawValue],
    }
    #[derive(Serialize)]
    struct Out<'a> {
        jsonrpc: &'static str,
        method: &'static str,
        params: Params<'a>,
    }
    to_text(&Out { jsonrpc: "2.0", method: "events.changes", params: Params { changes } })
}

fn to_text<T: Serialize>(frame: &T) -> String {
    serde_json::to_string(frame).expect("wire types have string keys and no failing serializers")
}

/// What a desktop reads from a server.
#[derive(Debug)]
pub enum ServerFrame {
    /// The answer to a request, its result still as text: only the caller knows the type.
    Result {
        /// Id of the request.
        id: String,
        /// The result as JSON.
        result: Box<RawValue>,
    },
    /// A refusal; without an id the server could not read which request it belongs to.
    Problem {
        /// Id of the request.
        id: Option<String>,
        /// What was refused.
        problem: Box<Problem>,
    },
    /// A notification.
    Notice(Box<ServerNotice>),
}

#[derive(Deserialize)]
struct RawRpcError {
    data: Problem,
}

#[derive(Deserialize)]
struct RawServerFrame {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<RawRpcError>,
    #[serde(default)]
    method: Option<String>,
}

impl ServerFrame {
    /// Reads one text frame of a server.
    ///
    /// # Errors
    /// The frame is not one of ours (another version, another program).
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Notice {
            #[serde(flatten)]
            notice: ServerNotice,
        }
        let raw: RawServerFrame = serde_json::from_str(text)?;
        match raw {
            RawServerFrame { method: Some(_), .. } => {
                let notice: Notice = serde_json::from_str(text)?;
                Ok(Self::Notice(Box::new(notice.notice)))
            }
            RawServerFrame { error: Some(error), id, .. } => Ok(Self::Problem { id, problem: Box::new(error.data) }),
            RawServerFrame { result: Some(result), id: Some(id), .. } => Ok(Self::Result { id, result }),
            RawServerFrame { .. } => Err(serde::de::Error::custom("neither a result nor an error nor a notification")),
        }
    }
}
