//! What is left of a request when it is sent.

use sbwp::message::kind::{BIND, CLOSE, EXECUTE, PARSE};

use super::*;
use crate::request::Parameters;

fn statements(size: usize, threshold: u32) -> Statements {
    Statements::new(Limits {
        size,
        threshold,
        named: true,
    })
}

fn request(statements: &Statements, sqls: &[&str]) -> Request {
    let mut request = Request::new();
    let none = Parameters::new();
    for sql in sqls {
        let named = statements.name(sql, &[], None, &request);
        request
            .execution(sql, &none, named, "", false, false)
            .unwrap();
    }
    request
}

/// The kinds of the frames that are left.
fn sent(statements: &Statements, sqls: &[&str]) -> Vec<u8> {
    let mut request = request(statements, sqls);
    statements.settle(&mut request, 1).unwrap();
    kinds(&request)
}

fn kinds(request: &Request) -> Vec<u8> {
    let mut rest: &[u8] = &request.bytes;
    let mut kinds = Vec::new();
    while let Ok(Some(header)) = sbwp::frame::Header::parse(rest, u32::MAX) {
        kinds.push(header.kind);
        rest = &rest[sbwp::frame::HEADER_LEN + header.length as usize..];
    }
    kinds
}

#[test]
fn requests_may_be_sent_in_another_order_than_they_were_encoded() {
    let statements = statements(10, 0);
    let mut first = request(&statements, &["a"]);
    let mut second = request(&statements, &["a", "b", "a"]);
    statements.settle(&mut second, 1).unwrap();
    statements.settle(&mut first, 1).unwrap();
    assert_eq!(kinds(&first), [BIND, EXECUTE]);
    let both = [PARSE, BIND, EXECUTE, PARSE, BIND, EXECUTE, BIND, EXECUTE];
    assert_eq!(kinds(&second), both);
}

#[test]
fn a_parse_is_cut_out_of_the_middle() {
    let statements = statements(10, 0);
    sent(&statements, &["b"]);
    let all = [PARSE, BIND, EXECUTE, BIND, EXECUTE, PARSE, BIND, EXECUTE];
    assert_eq!(sent(&statements, &["a", "b", "c"]), all);
}

#[test]
fn what_a_request_uses_does_not_make_room_for_it() {
    let statements = statements(2, 0);
    sent(&statements, &["x", "y"]);
    let many = sent(&statements, &["a", "b", "c", "d"]);
    assert_eq!(many[..2], [CLOSE, CLOSE]);
    assert_eq!(many.iter().filter(|kind| **kind == PARSE).count(), 4);
    assert_eq!(sent(&statements, &["a"]), [CLOSE, CLOSE, BIND, EXECUTE]);
}

#[test]
fn a_request_has_few_named_statements() {
    let statements = statements(100, 0);
    let sqls: Vec<String> = (0..200).map(|n| format!("s{n}")).collect();
    let sqls: Vec<&str> = sqls.iter().map(String::as_str).collect();
    assert_eq!(request(&statements, &sqls).uses.len(), MOST_IN_REQUEST);
}

#[test]
fn a_lost_server_state_is_built_again() {
    let statements = statements(10, 0);
    sent(&statements, &["a"]);
    assert_eq!(sent(&statements, &["a"]), [BIND, EXECUTE]);
    statements.forget_all();
    assert_eq!(sent(&statements, &["a"]), [PARSE, BIND, EXECUTE]);
    statements.outdate();
    assert_eq!(sent(&statements, &["a"]), [PARSE, BIND, EXECUTE]);
    assert_eq!(sent(&statements, &["a"]), [BIND, EXECUTE]);
    assert_eq!(statements.inner.lock().kept.len(), 1);
}

#[test]
fn a_pinned_statement_is_kept_until_its_last_user_leaves() {
    let statements = statements(0, 5);
    statements.pin("a", None);
    statements.pin("a", None);
    sent(&statements, &["a"]);
    statements.unpin("a");
    assert_eq!(sent(&statements, &["a"]), [BIND, EXECUTE]);
    statements.unpin("a");
    statements.pin("b", None);
    assert_eq!(sent(&statements, &["b"]), [CLOSE, PARSE, BIND, EXECUTE]);
    assert_eq!(sent(&statements, &["a"]), [PARSE, BIND, EXECUTE]);
    assert_eq!(statements.inner.lock().kept.len(), 1);
}

#[test]
fn inserts_that_an_array_bind_could_mean_are_closed() {
    let statements = statements(10, 0);
    let none = Parameters::new();
    for (sql, width) in [("i2", Some(2)), ("i3", Some(3)), ("s", None)] {
        let mut request = Request::new();
        let named = statements.name(sql, &[], width, &request);
        request
            .execution(sql, &none, named, "", false, false)
            .unwrap();
        statements.settle(&mut request, 1).unwrap();
    }
    let mut request = Request::new();
    request.array_width = Some(2);
    statements.settle(&mut request, 1).unwrap();
    assert_eq!(kinds(&request), [CLOSE]);
    assert_eq!(statements.inner.lock().kept.len(), 2);
}

#[test]
fn texts_are_not_remembered_without_end() {
    let statements = statements(10, 3);
    for n in 0..10_000 {
        sent(&statements, &[&format!("select {n}")]);
    }
    assert!(statements.inner.lock().texts.len() <= MOST_KEPT);
}
