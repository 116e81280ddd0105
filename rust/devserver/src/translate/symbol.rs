//! SBsql's operators and punctuation, longest first. Bytes in, one token out.

use sqlparser::tokenizer::Token;

/// The longest operator at the start of `rest`.
pub(crate) fn operator(rest: &[u8]) -> Option<(Token, usize)> {
    let custom = |text: &str| Token::CustomBinaryOperator(text.to_owned());
    let three = match rest.get(..3) {
        Some(b"<<=") => Some(custom("<<=")),
        Some(b">>=") => Some(custom(">>=")),
        Some(b"#>>") => Some(Token::HashLongArrow),
        Some(b"->>") => Some(Token::LongArrow),
        Some(b"<->") => Some(custom("<->")),
        Some(b"<=>") => Some(custom("<=>")),
        Some(b"<#>") => Some(custom("<#>")),
        Some(b"<+>") => Some(custom("<+>")),
        Some(b"<~>") => Some(custom("<~>")),
        Some(b"<%>") => Some(custom("<%>")),
        Some(b"-|-") => Some(custom("-|-")),
        _ => None,
    };
    if let Some(token) = three {
        return Some((token, 3));
    }
    let two = match rest.get(..2) {
        Some(b"=>") => Some(Token::RArrow),
        Some(b"<=") => Some(Token::LtEq),
        Some(b">=") => Some(Token::GtEq),
        Some(b"<>" | b"!=") => Some(Token::Neq),
        Some(b"||") => Some(Token::StringConcat),
        Some(b"&&") => Some(Token::Overlap),
        Some(b"->") => Some(Token::Arrow),
        Some(b"@>") => Some(Token::AtArrow),
        Some(b"<@") => Some(Token::ArrowAt),
        Some(b"@?") => Some(Token::AtQuestion),
        Some(b"@@") => Some(Token::AtAt),
        Some(b"#>") => Some(Token::HashArrow),
        Some(b"<<") => Some(Token::ShiftLeft),
        Some(b">>") => Some(Token::ShiftRight),
        Some(b"**") => Some(custom("**")),
        Some(b"!~") => Some(Token::ExclamationMarkTilde),
        _ => None,
    };
    if let Some(token) = two {
        return Some((token, 2));
    }
    let one = match rest.first()? {
        b'+' => Token::Plus,
        b'-' => Token::Minus,
        b'*' => Token::Mul,
        b'/' => Token::Div,
        b'%' => Token::Mod,
        b'=' => Token::Eq,
        b'<' => Token::Lt,
        b'>' => Token::Gt,
        b'(' => Token::LParen,
        b')' => Token::RParen,
        b'[' => Token::LBracket,
        b']' => Token::RBracket,
        b'{' => Token::LBrace,
        b'}' => Token::RBrace,
        b',' => Token::Comma,
        b';' => Token::SemiColon,
        b'.' => Token::Period,
        b'&' => Token::Ampersand,
        b'|' => Token::Pipe,
        b'^' => Token::Caret,
        b'~' => Token::Tilde,
        b'@' => Token::AtSign,
        _ => return None,
    };
    Some((one, 1))
}
