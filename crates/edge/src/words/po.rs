//! A reader for gettext's `.po` files: as much of it as our own template has.

/// One text.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Where its English is.
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) is_plural: bool,
    /// The translation; of a plural, one for each form.
    pub(super) texts: Vec<String>,
    pub(super) is_fuzzy: bool,
}

/// Where a continued text goes.
#[derive(Clone, Copy)]
enum Part {
    Nothing,
    Id,
    Plural,
    Text,
}

type Wrong = (usize, String);

#[derive(Default)]
struct Reader {
    done: Vec<Entry>,
    present: Option<Entry>,
    is_fuzzy: bool,
}

/// All entries.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Wrong> {
    let (mut reader, mut part) = (Reader::default(), Part::Nothing);
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let (line, number) = (line.trim(), i + 1);
        let taken = if line.starts_with('"') {
            quoted(line).and_then(|more| reader.go_on(part, &more)).map(|()| part)
        } else {
            reader.take(number, line)
        };
        part = taken.map_err(|why| (number, why))?;
    }
    reader.finish()?;
    Ok(reader.done)
}

impl Reader {
    fn take(&mut self, line: usize, text: &str) -> Result<Part, String> {
        if let Some(comment) = text.strip_prefix('#') {
            let flags = comment.strip_prefix(',').unwrap_or_default();
            self.is_fuzzy |= flags.split(',').any(|flag| flag.trim() == "fuzzy");
            return Ok(Part::Nothing);
        }
        if text.is_empty() {
            return Ok(Part::Nothing);
        }
        let (word, rest) = text.split_at(text.find([' ', '\t', '"']).unwrap_or(text.len()));
        let value = quoted(rest)?;
        match word {
            "msgid" => {
                self.finish().map_err(|(_, why)| why)?;
                let is_fuzzy = std::mem::take(&mut self.is_fuzzy);
                self.present = Some(Entry { line, id: value, is_fuzzy, ..Entry::default() });
                Ok(Part::Id)
            }
            "msgid_plural" => {
                self.entry()?.is_plural = true;
                Ok(Part::Plural)
            }
            "msgctxt" => Err("there is no msgctxt in the template of Keywright".to_owned()),
            _ if word == "msgstr" || word.starts_with("msgstr[") => {
                let entry = self.entry()?;
                let expected = format!("msgstr[{}]", entry.texts.len());
                let fits = if entry.is_plural {
                    word == expected
                } else {
                    word == "msgstr" && entry.texts.is_empty()
                };
                if !fits {
                    return Err(format!("{word} is not what comes here"));
                }
                entry.texts.push(value);
                Ok(Part::Text)
            }
            _ => Err("a line begins with msgid, msgid_plural, msgstr, a quote or #".to_owned()),
        }
    }

    fn entry(&mut self) -> Result<&mut Entry, String> {
        self.present.as_mut().ok_or_else(|| "a msgid has to come before this".to_owned())
    }

    fn go_on(&mut self, part: Part, more: &str) -> Result<(), String> {
        let entry = self.entry()?;
        match part {
            Part::Id => entry.id.push_str(more),
            Part::Text => entry.texts.last_mut().into_iter().for_each(|text| text.push_str(more)),
            Part::Plural => {}
            Part::Nothing => return Err("there is nothing that this goes on with".to_owned()),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Wrong> {
        let Some(entry) = self.present.take() else { return Ok(()) };
        if entry.texts.is_empty() {
            return Err((entry.line, "this msgid has no msgstr".to_owned()));
        }
        self.done.push(entry);
        Ok(())
    }
}

/// What is between the quotes.
fn quoted(text: &str) -> Result<String, String> {
    let inner = text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let inner = inner.ok_or_else(|| "a text is missing between quotes".to_owned())?;
    let mut said = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        said.push(match character {
            '"' => return Err("a quote within a text is written as \\\"".to_owned()),
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(same @ ('"' | '\\')) => same,
                _ => return Err("after a backslash comes n, t, r, a quote or another backslash".to_owned()),
            },
            other => other,
        });
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gettext_writes_is_read() {
        let text = "\u{feff}# by somebody\nmsgid \"\"\nmsgstr \"\"\n\"Language: de\\n\"\n\"X: y\\n\"\n\n\
            #: web/a.rs\n#, fuzzy, c-format\nmsgid \"\"\n\"one \"\n\"two\"\nmsgstr \"eins \\\"zwei\\\"\"\r\n\n\
            msgid \"{count} key\"\nmsgid_plural \"{count} \"\n\"keys\"\nmsgstr[0] \"a\"\nmsgstr[1] \"b\"\n\n#~ msgid \"old\"\n#~ msgstr \"alt\"\n";
        let all = read(text).unwrap();
        let short: Vec<_> =
            all.iter().map(|it| (it.line, it.id.as_str(), it.is_fuzzy, it.texts.len())).collect();
        assert_eq!(short, [(2, "", false, 1), (9, "one two", true, 1), (14, "{count} key", false, 2)]);
        assert_eq!(all[0].texts[0], "Language: de\nX: y\n");
        assert_eq!(all[1].texts[0], "eins \"zwei\"");
    }

    #[test]
    fn what_is_none_is_told_by_its_line() {
        for (text, line) in [
            ("msgid \"a\"\n", 1),
            ("msgid \"a\"\nmsgid \"b\"\nmsgstr \"\"", 2),
            ("\nmsgstr \"a\"", 2),
            ("msgid \"a\"\nmsgstr \"b", 2),
            ("msgid \"a\"\nmsgstr \"b\"c\"", 2),
            ("msgid \"a\"\nmsgstr \"\\x\"", 2),
            ("msgid \"a\"\nmsgstr[0] \"b\"", 2),
            ("msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"c\"", 3),
            ("\"a\"", 1),
            ("msgid \"a\"\nmsgstr \"b\"\n\n\"c\"", 4),
            ("hello", 1),
            ("msgctxt \"a\"", 1),
        ] {
            assert_eq!(read(text).unwrap_err().0, line, "{text}");
        }
    }
}
