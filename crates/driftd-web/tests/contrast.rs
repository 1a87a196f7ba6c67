//! Every pair of colours that carries meaning keeps the contrast of WCAG 2.1 AA, in light and in dark.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may assert by panicking"
)]

const PAGE: &str = include_str!("../templates/report.css");
const HEAT: &str = include_str!("../templates/pages/pages.css");
const CHARTS: &str = include_str!("../templates/charts.css");

/// The value of `--name` in the light block (0) or the dark one (1).
fn colour(css: &str, name: &str, theme: usize) -> [f64; 3] {
    let value = css.split(&format!("--{name}: #")).nth(theme + 1).unwrap();
    let channel = |at: usize| f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
    [channel(0), channel(2), channel(4)]
}

/// Contrast ratio of two colours, 1 to 21.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn the_formula_knows_black_on_white() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
}

#[test]
fn cells_are_told_apart_by_their_marks_and_by_six_steps_of_light() {
    for theme in [0, 1] {
        let cell = |step: usize| colour(HEAT, &format!("heat-{step}"), theme);
        for step in [4, 5] {
            let ratio = contrast(colour(HEAT, "heat-mark", theme), cell(step));
            assert!(ratio >= 4.5, "mark of step {step}, theme {theme}: {ratio:.2}");
        }
        let ground = colour(PAGE, "sheet", theme);
        let steps: Vec<f64> = (0..6).map(|step| contrast(ground, cell(step))).collect();
        assert!(steps.windows(2).all(|pair| pair[1] > pair[0] * 1.1), "theme {theme}: {steps:.2?}");
    }
}

#[test]
fn text_has_a_contrast_of_four_and_a_half() {
    let page = |name: &str, theme| colour(PAGE, name, theme);
    for theme in [0, 1] {
        let mut pairs = Vec::new();
        for ground in ["page", "sheet"] {
            pairs.extend(["ink", "muted", "link"].map(|text| (text, page(text, theme), ground, page(ground, theme))));
            pairs.extend(
                ["chart-ink", "chart-muted"].map(|t| (t, colour(CHARTS, t, theme), ground, page(ground, theme))),
            );
        }
        for tone in ["critical", "warning", "stable", "none"] {
            pairs.push((tone, page(tone, theme), "its wash", page(&format!("{tone}-wash"), theme)));
            pairs.push((tone, page(tone, theme), "page", page("page", theme)));
        }
        for (text, a, ground, b) in pairs {
            assert!(contrast(a, b) >= 4.5, "{text} on {ground}, theme {theme}: {:.2}", contrast(a, b));
        }
    }
}

#[test]
fn shapes_have_a_contrast_of_three() {
    for theme in [0, 1] {
        let sheet = colour(PAGE, "sheet", theme);
        for shape in ["chart-window", "chart-baseline", "chart-warn", "chart-critical"] {
            let ratio = contrast(colour(CHARTS, shape, theme), sheet);
            assert!(ratio >= 3.0, "{shape}, theme {theme}: {ratio:.2}");
        }
    }
}
