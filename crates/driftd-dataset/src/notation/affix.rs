//! What stands around a number: its sign, a currency, a percent sign.

/// What a number counts, where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affix {
    /// Nothing said.
    None,
    /// Hundredths.
    Percent,
    /// An amount of money, by the sign or code that stands there.
    Currency(&'static str),
}

/// A number taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'t> {
    /// A minus before or behind it, or brackets around it as accountants write.
    pub(crate) is_negative: bool,
    pub(crate) affix: Affix,
    /// The digits and what separates them.
    pub(crate) body: &'t str,
}

/// Signs of currencies, longer ones before their parts.
const SIGNS: &[&str] = &[
    "US$", "AU$", "CA$", "NZ$", "HK$", "R$", "A$", "C$", "S$", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₪", "฿", "₫",
    "₴", "₦", "zł", "Kč", "kr.", "kr", "Kr", "Ft", "Fr.", "Rs.",
];

/// Codes of currencies (ISO 4217) that tables commonly have.
const CODES: &[&str] = &[
    "USD", "EUR", "GBP", "JPY", "CNY", "CHF", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF",
    "RON", "BGN", "TRY", "RUB", "UAH", "ILS", "AED", "SAR", "QAR", "EGP", "ZAR", "NGN", "KES", "INR", "PKR", "BDT",
    "LKR", "IDR", "MYR", "SGD", "THB", "PHP", "VND", "KRW", "TWD", "HKD", "BRL", "MXN", "ARS", "CLP", "COP", "PEN",
    "UYU", "BTC",
];

impl<'t> Parts<'t> {
    /// Takes `text` apart; what is no number keeps a body that is none.
    pub(crate) fn of(text: &'t str) -> Self {
        let text = text.trim();
        let bracketed = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let (mut is_negative, mut body) = (bracketed.is_some(), bracketed.unwrap_or(text).trim());
        let mut affix = Affix::None;
        // A sign stands before or behind the currency, once.
        let mut signed = take_sign(&mut body, &mut is_negative);
        if let Some(currency) = leading(&mut body) {
            affix = Affix::Currency(currency);
            signed |= !signed && take_sign(&mut body, &mut is_negative);
        } else if let Some(rest) = body.strip_suffix('%') {
            (affix, body) = (Affix::Percent, rest.trim_end());
        } else if let Some(currency) = trailing(&mut body) {
            affix = Affix::Currency(currency);
        }
        if !signed
            && let Some(rest) = body.strip_suffix('-').filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit()))
        {
            (is_negative, body) = (true, rest);
        }
        Self { is_negative, affix, body }
    }
}

/// Takes a sign off; whether there was one.
fn take_sign(body: &mut &str, is_negative: &mut bool) -> bool {
    let Some(sign) = body.chars().next().filter(|sign| matches!(sign, '-' | '+' | '−')) else { return false };
    *is_negative |= sign != '+';
    *body = body.get(sign.len_utf8()..).unwrap_or_default().trim_start();
    true
}

/// Takes a currency before a number off.
fn leading(body: &mut &str) -> Option<&'static str> {
    let numeral =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | '−'));
    // Most texts begin with a digit, or with more letters than any currency has.
    if numeral(body) || body.bytes().take_while(u8::is_ascii_alphabetic).count() > 3 {
        return None;
    }
    let found = SIGNS.iter().chain(CODES).find_map(|currency| {
        let rest = body.strip_prefix(currency)?.trim_start();
        numeral(rest).then_some((*currency, rest))
    });
    let (currency, rest) = found?;
    *body = rest;
    Some(currency)
}

/// Takes a currency behind a number off.
fn trailing(body: &mut &str) -> Option<&'static str> {
    if !body.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
        || body.ends_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let found = SIGNS.iter().chain(CODES).find_map(|currency| {
        let rest = body.strip_suffix(currency)?.trim_end();
        rest.ends_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')).then_some((*currency, rest))
    });
    let (currency, rest) = found?;
    *body = rest;
    Some(currency)
}
