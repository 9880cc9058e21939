//! Which form of a word goes with a number: the expression in C that gettext's files say it by.

/// How a language counts.
#[derive(Debug, PartialEq)]
pub(super) struct Rule {
    forms: usize,
    expression: Expression,
}

#[derive(Debug, PartialEq)]
enum Expression {
    Count,
    Number(u64),
    Not(Box<Self>),
    Two(&'static str, Box<(Self, Self)>),
    Choice(Box<(Self, Self, Self)>),
}

impl Default for Rule {
    /// As English does.
    fn default() -> Self {
        let operands = Box::new((Expression::Count, Expression::Number(1)));
        Self { forms: 2, expression: Expression::Two("!=", operands) }
    }
}

/// What binds least comes first. Of two that begin alike, the longer one.
const OPERATORS: [&[&str]; 6] =
    [&["||"], &["&&"], &["==", "!="], &["<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

/// No language is as complicated as that.
const MOST: usize = 1_000;
const DEEPEST: usize = 40;

impl Rule {
    /// `nplurals=2; plural=(n != 1);`
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” is no Plural-Forms, such as “nplurals=2; plural=(n != 1);”");
        if text.len() > MOST {
            return Err(wrong());
        }
        let (forms, rest) = text.split_once(';').ok_or_else(wrong)?;
        let forms = forms.trim().strip_prefix("nplurals").and_then(|it| it.trim_start().strip_prefix('='));
        let forms = forms.and_then(|it| it.trim().parse().ok()).filter(|it| (1..=10).contains(it));
        let rest = rest.trim().trim_end_matches(';').trim_end();
        let rest = rest.strip_prefix("plural").and_then(|it| it.trim_start().strip_prefix('='));
        let mut parser = Parser { rest: rest.ok_or_else(wrong)?, depth: 0 };
        let expression = parser.choice().filter(|_| parser.rest.trim().is_empty());
        Ok(Self { forms: forms.ok_or_else(wrong)?, expression: expression.ok_or_else(wrong)? })
    }

    /// Which form a number takes.
    pub(super) fn form(&self, count: u64) -> usize {
        let form = usize::try_from(self.expression.value(count)).unwrap_or(usize::MAX);
        form.min(self.forms - 1)
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest.trim_start().strip_prefix(word);
        found.inspect(|rest| self.rest = rest).is_some()
    }

    fn choice(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let condition = self.level(0)?;
        let made = if self.eat("?") {
            let yes = self.choice()?;
            let no = if self.eat(":") { self.choice()? } else { return None };
            Expression::Choice(Box::new((condition, yes, no)))
        } else {
            condition
        };
        self.depth -= 1;
        Some(made)
    }

    fn level(&mut self, level: usize) -> Option<Expression> {
        let Some(operators) = OPERATORS.get(level) else { return self.single() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|it| self.eat(it)) {
            left = Expression::Two(operator, Box::new((left, self.level(level + 1)?)));
        }
        Some(left)
    }

    fn single(&mut self) -> Option<Expression> {
        if self.eat("n") {
            Some(Expression::Count)
        } else if self.eat("!") {
            self.depth += 1;
            let inner = if self.depth > DEEPEST { None } else { self.single() };
            self.depth -= 1;
            Some(Expression::Not(Box::new(inner?)))
        } else if self.eat("(") {
            let inner = self.choice()?;
            self.eat(")").then_some(inner)
        } else {
            let text = self.rest.trim_start();
            let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
            let (digits, rest) = text.split_at(end);
            self.rest = rest;
            digits.parse().ok().map(Expression::Number)
        }
    }
}

impl Expression {
    fn value(&self, n: u64) -> u64 {
        match self {
            Self::Count => n,
            Self::Number(number) => *number,
            Self::Not(inner) => u64::from(inner.value(n) == 0),
            Self::Choice(all) => {
                let (condition, yes, no) = &**all;
                if condition.value(n) == 0 { no.value(n) } else { yes.value(n) }
            }
            Self::Two(operator, operands) => {
                let (left, right) = (operands.0.value(n), operands.1.value(n));
                match *operator {
                    "||" => u64::from(left != 0 || right != 0),
                    "&&" => u64::from(left != 0 && right != 0),
                    "==" => u64::from(left == right),
                    "!=" => u64::from(left != right),
                    "<=" => u64::from(left <= right),
                    ">=" => u64::from(left >= right),
                    "<" => u64::from(left < right),
                    ">" => u64::from(left > right),
                    "+" => left.wrapping_add(right),
                    "-" => left.wrapping_sub(right),
                    "*" => left.wrapping_mul(right),
                    "/" => left.checked_div(right).unwrap_or_default(),
                    _ => left.checked_rem(right).unwrap_or_default(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_count_in_their_own_ways() {
        let forms = |rule: &str| {
            let rule = Rule::parse(rule).unwrap();
            [0, 1, 2, 5, 11, 12, 21, 22, 25, 111].map(|count| rule.form(count))
        };
        assert_eq!(forms("nplurals=2; plural=(n != 1);"), [1, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(forms("nplurals=2; plural=n>1"), [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(forms("nplurals=1; plural=0;"), [0; 10]);
        let polish = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);";
        assert_eq!(forms(polish), [2, 0, 1, 2, 2, 2, 2, 1, 2, 2]);
        // More forms than there are, and nothing by nothing.
        assert_eq!(forms("nplurals=2; plural=n/0+n*9;"), [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(Rule::parse("nplurals=2; plural=(n != 1);").unwrap(), Rule::default());
    }

    #[test]
    fn what_is_no_rule_is_none() {
        let deep = format!("nplurals=2; plural={}n{}", "(".repeat(100), ")".repeat(100));
        let denied = format!("nplurals=2; plural={}n", "!".repeat(500));
        for text in [
            "",
            "nplurals=0; plural=0",
            "nplurals=2",
            "nplurals=2; plural=",
            "nplurals=2; plural=n n",
            "nplurals=2; plural=(n",
            "nplurals=2; plural=n?1",
            "nplurals=2; plural=system(1)",
            &deep,
            &denied,
        ] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
    }
}
