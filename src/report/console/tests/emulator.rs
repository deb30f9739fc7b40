//! A terminal of a width, as far as the console uses one: what a person would see in the end.
//! It must never know what was meant to be shown.

use unicode_width::UnicodeWidthChar;

/// The rows of a terminal that scrolls without end. A cell holds a character with its marks; a wide one leaves the next cell empty.
pub(super) struct Emulator {
    width: usize,
    rows: Vec<Vec<String>>,
    row: usize,
    column: usize,
}

impl Emulator {
    pub(super) fn new(width: usize) -> Emulator {
        Emulator { width, rows: vec![Vec::new()], row: 0, column: 0 }
    }

    /// Takes what was written. Panics at a control sequence that the console has no business to send.
    pub(super) fn feed(&mut self, text: &str) {
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '\r' => self.column = 0,
                '\n' => self.down(),
                '\x1b' => {
                    assert_eq!(rest.next(), Some('['), "a control sequence");
                    let mut number = String::new();
                    let end = loop {
                        match rest.next().expect("the sequence ends") {
                            digit if digit.is_ascii_digit() || digit == ';' => number.push(digit),
                            end => break end,
                        }
                    };
                    self.control(&number, end);
                }
                c => self.put(c),
            }
        }
    }

    fn control(&mut self, number: &str, end: char) {
        match (end, number) {
            ('K', "") => self.rows[self.row].truncate(self.column),
            ('J', "") => {
                self.rows[self.row].truncate(self.column);
                self.rows.truncate(self.row + 1);
            }
            ('A', number) => {
                let up = if number.is_empty() { 1 } else { number.parse().expect("a number of rows") };
                self.row = self.row.checked_sub(up).expect("the cursor stays on the screen");
            }
            ('m', _) => {}
            other => panic!("no such control sequence: {other:?}"),
        }
    }

    fn down(&mut self) {
        self.row += 1;
        self.column = 0;
        if self.row == self.rows.len() {
            self.rows.push(Vec::new());
        }
    }

    fn put(&mut self, c: char) {
        assert!(!c.is_control(), "a raw control character: {c:?}");
        let wide = c.width().unwrap_or(0);
        if wide > 0 && self.column + wide > self.width {
            self.down();
        }
        let row = &mut self.rows[self.row];
        if wide == 0 {
            if let Some(cell) = self.column.checked_sub(1).and_then(|at| row.get_mut(at)) {
                cell.push(c);
            }
            return;
        }
        while row.len() < self.column + wide {
            row.push(String::new());
        }
        row[self.column] = c.to_string();
        for cell in &mut row[self.column + 1..self.column + wide] {
            cell.clear();
        }
        self.column += wide;
    }

    /// What is to be seen, without blanks at the ends of lines.
    pub(super) fn screen(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let line: String = row.concat();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        format!("{}\n", text.trim_end())
    }
}
