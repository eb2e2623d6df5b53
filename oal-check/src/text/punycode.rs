//! The ASCII spelling of an international host label (RFC 3492). Only for a fix: no normalisation beyond lower case.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// `xn--` and the punycode of a label in lower case; `None` where it has letters that IDNA leaves out, or overflows.
pub(super) fn label(label: &str) -> Option<String> {
    // longer ones fit no label, and the encoding takes quadratic time
    if label.len() > 4 * super::host::LABEL_MOST {
        return None;
    }
    let lower: Vec<char> = label.chars().flat_map(char::to_lowercase).collect();
    if !lower.iter().all(|c| c.is_alphanumeric() || *c == '-') {
        return None;
    }
    Some(format!("xn--{}", encode(&lower)?))
}

fn encode(input: &[char]) -> Option<String> {
    let mut out: String = input.iter().filter(|c| c.is_ascii()).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0u32, INITIAL_BIAS, basic);
    let total = u32::try_from(input.len()).ok()?;
    while handled < total {
        let next = input.iter().map(|c| u32::from(*c)).filter(|c| *c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for c in input {
            let code = u32::from(*c);
            if code < n {
                delta = delta.checked_add(1)?;
            }
            if code == n {
                write_delta(&mut out, delta, bias)?;
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(out)
}

fn write_delta(out: &mut String, delta: u32, bias: u32) -> Option<()> {
    let mut q = delta;
    let mut k = BASE;
    loop {
        let t = if k <= bias { T_MIN } else { (k - bias).min(T_MAX) };
        if q < t {
            break;
        }
        out.push(digit(t + (q - t) % (BASE - t))?);
        q = (q - t) / (BASE - t);
        k += BASE;
    }
    out.push(digit(q)?);
    Some(())
}

/// 0–25 are a–z, 26–35 are 0–9.
fn digit(value: u32) -> Option<char> {
    if value < 26 { char::from_u32(value + u32::from(b'a')) } else { char::from_digit(value - 26, 10) }
}

fn adapt(delta: u32, handled: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / handled;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn encodes_known_names() {
        assert_eq!(label("müller").as_deref(), Some("xn--mller-kva"));
        assert_eq!(label("bücher").as_deref(), Some("xn--bcher-kva"));
        assert_eq!(label("日本").as_deref(), Some("xn--wgv71a"));
        assert_eq!(label("Ünder").as_deref(), Some("xn--nder-zra"));
        assert_eq!(label("правда").as_deref(), Some("xn--80aafi6cg"));
        assert_eq!(label("a–b"), None);
    }
}
