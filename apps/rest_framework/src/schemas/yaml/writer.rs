//! The output: lines, indentation and scalars (`src/emitter.c` of libyaml).

use std::fmt::Write as _;

use super::scalar::{Analysis, is_break, is_other, is_printable};

/// The width beyond which a space becomes a line end.
const WIDTH: usize = 80;
const INDENT: usize = 2;

/// The style of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

impl Scalar {
    /// The style of a scalar (`yaml_emitter_select_scalar_style`).
    pub(super) fn of(text: &str, is_text: bool, is_key: bool) -> Self {
        let analysis = Analysis::of(text);
        if is_text && text.contains('\n') && !is_key {
            return if analysis.allows_block { Self::Literal } else { Self::DoubleQuoted };
        }
        if is_key && analysis.is_multiline {
            return Self::DoubleQuoted;
        }
        let is_plain = analysis.allows_plain && !(is_key && text.is_empty()) && !(is_text && is_other(text));
        match () {
            () if is_plain => Self::Plain,
            () if analysis.allows_single_quoted => Self::SingleQuoted,
            () => Self::DoubleQuoted,
        }
    }
}

pub(super) struct Writer {
    out: String,
    column: usize,
    /// The indentation of the current collection. `None` before the first.
    indent: Option<usize>,
    /// Whether the last character is white space.
    after_space: bool,
    /// Whether there is only indentation in the line.
    indention: bool,
    /// Whether the document ends in a literal that keeps its line ends.
    is_open: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indent: None,
            after_space: true,
            indention: true,
            is_open: false,
        }
    }
}

impl Writer {
    pub(super) fn finish(mut self) -> String {
        if self.column > 0 {
            self.put_break();
        }
        if self.is_open {
            self.out.push_str("...\n");
        }
        self.out
    }

    pub(super) fn is_indention(&self) -> bool {
        self.indention
    }

    /// Runs with the indentation of an inner collection.
    pub(super) fn indented(&mut self, is_same: bool, write: impl FnOnce(&mut Self)) {
        let outer = self.indent;
        self.indent = match outer {
            None => Some(0),
            Some(outer) if is_same => Some(outer),
            Some(outer) => Some(outer + INDENT),
        };
        write(self);
        self.indent = outer;
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Writes a line end of the text, as it is.
    fn write_break(&mut self, c: char) {
        if c == '\n' {
            self.put_break();
        } else {
            self.out.push(c);
            self.column = 0;
        }
    }

    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.after_space) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.after_space = true;
        self.indention = true;
    }

    pub(super) fn indicator(&mut self, text: &str, needs_space: bool, is_space: bool, is_indention: bool) {
        if needs_space && !self.after_space {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.after_space = is_space;
        self.indention &= is_indention;
    }

    /// An empty collection.
    pub(super) fn flow(&mut self, text: &str) {
        self.indicator(text, true, false, false);
    }

    pub(super) fn scalar(&mut self, text: &str, style: Scalar, is_key: bool) {
        let outer = self.indent;
        // That of a root scalar is that of a flow collection.
        self.indent = Some(outer.map_or(INDENT, |outer| outer + INDENT));
        match style {
            Scalar::Plain => self.plain(text, !is_key),
            Scalar::SingleQuoted => self.single_quoted(text, !is_key),
            Scalar::DoubleQuoted => self.double_quoted(text, !is_key),
            Scalar::Literal => self.literal(text),
        }
        self.indent = outer;
    }

    fn plain(&mut self, text: &str, allows_breaks: bool) {
        if !self.after_space && !text.is_empty() {
            self.put(' ');
        }
        let mut letters = text.chars().peekable();
        let mut after_space = false;
        while let Some(c) = letters.next() {
            if c == ' ' {
                if allows_breaks && !after_space && self.column > WIDTH && letters.peek() != Some(&' ') {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                after_space = true;
            } else {
                self.put(c);
                self.indention = false;
                after_space = false;
            }
        }
        self.after_space = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, allows_breaks: bool) {
        self.indicator("'", true, false, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut letters = text.chars().peekable();
        let mut is_first = true;
        while let Some(c) = letters.next() {
            let next = letters.peek().copied();
            if c == ' ' {
                let is_inner = !is_first && next.is_some_and(|next| next != ' ');
                if allows_breaks && !after_space && self.column > WIDTH && is_inner {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                after_space = true;
            } else if is_break(c) {
                if !after_break && c == '\n' {
                    self.put_break();
                }
                self.write_break(c);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                if c == '\'' {
                    self.put(c);
                }
                self.put(c);
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
            is_first = false;
        }
        if after_break {
            self.write_indent();
        }
        self.indicator("'", false, false, false);
    }

    fn double_quoted(&mut self, text: &str, allows_breaks: bool) {
        self.indicator("\"", true, false, false);
        let mut after_space = false;
        let mut letters = text.chars().peekable();
        let mut is_first = true;
        while let Some(c) = letters.next() {
            if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                escaped(c).chars().for_each(|c| self.put(c));
                after_space = false;
            } else if c == ' ' {
                let next = letters.peek().copied();
                if allows_breaks && !after_space && self.column > WIDTH && !is_first && next.is_some() {
                    self.write_indent();
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                after_space = true;
            } else {
                self.put(c);
                after_space = false;
            }
            is_first = false;
        }
        self.indicator("\"", false, false, false);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut ends = text.chars().rev();
        self.is_open = false;
        match (ends.next().map(is_break), ends.next().map(is_break)) {
            (Some(true), Some(false)) => {}
            (Some(true), _) => {
                self.indicator("+", false, false, false);
                self.is_open = true;
            }
            _ => self.indicator("-", false, false, false),
        }
        self.put_break();
        self.indention = true;
        self.after_space = true;
        let mut after_break = true;
        for c in text.chars() {
            if is_break(c) {
                self.write_break(c);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                self.put(c);
                self.indention = false;
                after_break = false;
            }
        }
    }
}

fn escaped(c: char) -> String {
    let letter = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let mut text = String::new();
            // Writing to text cannot fail.
            _ = match u32::from(c) {
                code @ ..0x100 => write!(text, "\\x{code:02X}"),
                code @ ..0x10000 => write!(text, "\\u{code:04X}"),
                code => write!(text, "\\U{code:08X}"),
            };
            return text;
        }
    };
    format!("\\{letter}")
}
