//! The formula of a catalogue's plural forms: a C expression of `n`, as gettext's manual describes it (section "Plural
//! forms") and as Python's `gettext.c2py` reads it.

use std::fmt;

/// The limits of Python's `c2py`: they also bound the recursion here.
const MAX_LENGTH: usize = 1000;
const MAX_DEPTH: usize = 20;

/// Which of the forms a number takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PluralForms(Expression);

/// The formula is not one of gettext's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its plural forms can't be read")]
pub(super) struct InvalidFormula;

#[derive(Clone, PartialEq)]
enum Expression {
    N,
    Number(i64),
    Not(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// If, then, else.
    Conditional(Box<[Expression; 3]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
}

/// The operators by increasing precedence; of two that begin alike, the longer one is first.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[("*", Operator::Times), ("/", Operator::Divide), ("%", Operator::Modulo)],
];

impl PluralForms {
    /// Reads a formula, such as `n != 1`.
    pub(super) fn parse(formula: &str) -> Result<Self, InvalidFormula> {
        if formula.len() > MAX_LENGTH {
            return Err(InvalidFormula);
        }
        let mut parser = Parser { rest: formula.trim_ascii(), depth: 0 };
        let expression = parser.conditional()?;
        if parser.rest.is_empty() { Ok(Self(expression)) } else { Err(InvalidFormula) }
    }

    /// The index of the form for this number. `None` if the formula has no value: it divides by zero or overflows.
    pub(super) fn index(&self, n: u64) -> Option<usize> {
        usize::try_from(self.0.value(i64::try_from(n).ok()?)?).ok()
    }
}

impl Default for PluralForms {
    /// The Germanic forms: one, and all others.
    fn default() -> Self {
        let [n, one] = [Expression::N, Expression::Number(1)].map(Box::new);
        Self(Expression::Binary(Operator::NotEqual, n, one))
    }
}

impl Expression {
    fn value(&self, n: i64) -> Option<i64> {
        match self {
            Self::N => Some(n),
            Self::Number(number) => Some(*number),
            Self::Not(operand) => Some(i64::from(operand.value(n)? == 0)),
            Self::Binary(operator, left, right) => {
                let left = left.value(n)?;
                match (operator, left != 0) {
                    (Operator::Or, true) => Some(1),
                    (Operator::And, false) => Some(0),
                    _ => operator.apply(left, right.value(n)?),
                }
            }
            Self::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                if condition.value(n)? != 0 { yes.value(n) } else { no.value(n) }
            }
        }
    }
}

impl Operator {
    fn apply(self, left: i64, right: i64) -> Option<i64> {
        let truth = |value: bool| Some(i64::from(value));
        match self {
            // The left side has decided nothing.
            Self::Or | Self::And => truth(right != 0),
            Self::Equal => truth(left == right),
            Self::NotEqual => truth(left != right),
            Self::Less => truth(left < right),
            Self::LessOrEqual => truth(left <= right),
            Self::Greater => truth(left > right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::Plus => left.checked_add(right),
            Self::Minus => left.checked_sub(right),
            Self::Times => left.checked_mul(right),
            Self::Divide => left.checked_div(right),
            Self::Modulo => left.checked_rem(right),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::N => f.write_str("n"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Not(operand) => write!(f, "!{operand:?}"),
            Self::Binary(operator, left, right) => write!(f, "({left:?} {operator:?} {right:?})"),
            Self::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                write!(f, "({condition:?} ? {yes:?} : {no:?})")
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token).map(str::trim_ascii_start);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn conditional(&mut self) -> Result<Expression, InvalidFormula> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(InvalidFormula);
        }
        let mut expression = self.binary(&LEVELS)?;
        if self.take("?") {
            let yes = self.conditional()?;
            if !self.take(":") {
                return Err(InvalidFormula);
            }
            expression = Expression::Conditional(Box::new([expression, yes, self.conditional()?]));
        }
        self.depth -= 1;
        Ok(expression)
    }

    /// An expression of operators of these levels.
    fn binary(&mut self, levels: &[&[(&str, Operator)]]) -> Result<Expression, InvalidFormula> {
        let Some((operators, tighter)) = levels.split_first() else { return self.operand() };
        let mut left = self.binary(tighter)?;
        while let Some((_, operator)) = operators.iter().find(|(token, _)| self.take(token)) {
            left = Expression::Binary(*operator, Box::new(left), Box::new(self.binary(tighter)?));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, InvalidFormula> {
        let mut negations = 0;
        while self.take("!") {
            negations += 1;
        }
        if negations > MAX_DEPTH {
            return Err(InvalidFormula);
        }
        let mut operand = if self.take("(") {
            let inner = self.conditional()?;
            if !self.take(")") {
                return Err(InvalidFormula);
            }
            inner
        } else if self.take("n") {
            Expression::N
        } else {
            let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
            let (digits, rest) = self.rest.split_at_checked(end).ok_or(InvalidFormula)?;
            self.rest = rest.trim_ascii_start();
            Expression::Number(digits.parse().map_err(|_| InvalidFormula)?)
        };
        for _ in 0..negations {
            operand = Expression::Not(Box::new(operand));
        }
        Ok(operand)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Python's `gettext.c2py` chose these forms: for each formula of the catalogues that Django, Django REST framework and
    /// django-filter ship, and for some that stress the grammar. Made by tests/django/translation.py.
    #[test]
    fn forms_are_chosen_as_in_python() {
        let cases = include_str!("../fixtures/plural_forms.jsonl").lines();
        for line in cases {
            let (formula, expected): (String, Option<Vec<(u64, usize)>>) =
                serde_json::from_str(line).unwrap();
            let forms = PluralForms::parse(&formula);
            let Some(expected) = expected else {
                assert_eq!(forms, Err(InvalidFormula), "{formula}");
                continue;
            };
            let forms = forms.unwrap();
            for (n, index) in expected {
                assert_eq!(forms.index(n), Some(index), "{formula} of {n}");
            }
        }
    }

    #[test]
    fn a_formula_without_a_value_has_no_form() {
        for formula in ["1 / n", "n % n", "0 - 1", "9223372036854775807 + 1"] {
            assert_eq!(PluralForms::parse(formula).unwrap().index(0), None, "{formula}");
        }
        assert_eq!(PluralForms::default().index(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn no_formula_panics(formula in "[n0-9()?:!<>=&|+*/% -]{0,60}", n: u64) {
            if let Ok(forms) = PluralForms::parse(&formula) {
                forms.index(n);
            }
        }
    }
}
