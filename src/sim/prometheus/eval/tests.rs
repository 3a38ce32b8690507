//! Expressions against answers that were worked out by hand.

use super::*;

/// Five minutes after the first sample of every series.
const AT: Millis = 300_000;

/// `requests_total` grows by 1 (`a`) and by 3 (`b`) a second, `errors_total` of `a` by 0.5; `level` is 4 and 8.
struct Known;

impl Store<'static> for Known {
    fn series(&self, wanted: &Wanted<'_>) -> Vec<Series<'static>> {
        let grows = |name: &str, labels: &[(&str, &str)], rate: f64| {
            line(name, labels, move |at| Some(clock::exact(at) * rate))
        };
        let all = vec![
            grows("requests_total", &[("job", "a"), ("zone", "x")], 1.0),
            grows("requests_total", &[("job", "b"), ("zone", "y")], 3.0),
            grows("errors_total", &[("job", "a"), ("zone", "x")], 0.5),
            line("level", &[("job", "a")], |_| Some(4.0)),
            line("level", &[("job", "b")], |_| Some(8.0)),
            line("owner", &[("job", "a"), ("team", "red")], |_| Some(1.0)),
            line("owner", &[("job", "b"), ("team", "blue")], |_| Some(1.0)),
            line("broken", &[], |at| Some(if at == 90_000 { f64::NAN } else { 1.0 })),
            line("wait_bucket", &[("le", "1")], |_| Some(2.0)),
            line("wait_bucket", &[("le", "3")], |_| Some(6.0)),
            line("wait_bucket", &[("le", "+Inf")], |_| Some(8.0)),
        ];
        all.into_iter().filter(|one| wanted.is_name(&one.labels[NAME])).collect()
    }
}

fn line(
    name: &str,
    labels: &[(&str, &str)],
    worth: impl Fn(Millis) -> Option<f64> + 'static,
) -> Series<'static> {
    let labels = labels.iter().copied().chain([(NAME, name)]);
    Series {
        labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        begin: 0,
        last: AT,
        gone: None,
        worth: Box::new(worth),
    }
}

fn value(text: &str) -> Result<Value, Wrong> {
    Question::new(text, &Known)?.at(AT)
}

/// A vector as lines of `{labels} value`.
fn lines(text: &str) -> Vec<String> {
    let Value::Vector(samples) = value(text).unwrap() else { panic!("{text} is no vector") };
    let mut lines: Vec<String> = samples
        .iter()
        .map(|one| {
            let labels: Vec<String> =
                one.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}", labels.join(","), one.value)
        })
        .collect();
    lines.sort();
    lines
}

#[track_caller]
fn worth(text: &str, expected: &[&str]) {
    assert_eq!(lines(text), expected, "{text}");
}

#[test]
fn a_name_selects_its_series() {
    worth("level", &["__name__=level,job=a 4", "__name__=level,job=b 8"]);
}

#[test]
fn the_four_matchers_select() {
    worth("level{job=\"a\"}", &["__name__=level,job=a 4"]);
    worth("level{job!=\"a\"}", &["__name__=level,job=b 8"]);
    worth("level{job=~\"a|c\"}", &["__name__=level,job=a 4"]);
    worth("level{job!~\"a|c\"}", &["__name__=level,job=b 8"]);
}

#[test]
fn a_pattern_of_names_is_anchored() {
    worth("{__name__=~\"lev.*\",job=\"a\"}", &["__name__=level,job=a 4"]);
    worth("{__name__=~\"lev\",job=\"a\"}", &[]);
}

#[test]
fn a_label_that_is_not_there_is_empty() {
    worth("level{zone=\"\",job=\"b\"}", &["__name__=level,job=b 8"]);
}

#[test]
fn a_rate_is_stretched_to_the_edges() {
    worth("rate(requests_total{job=\"b\"}[2m])", &["job=b,zone=y 3"]);
    worth("increase(requests_total{job=\"b\"}[100s])", &["job=b,zone=y 300"]);
}

#[test]
fn a_rate_of_one_sample_is_nothing() {
    worth("rate(requests_total[20s])", &[]);
}

#[test]
fn an_offset_looks_back() {
    worth("requests_total{job=\"a\"} offset 1m", &["__name__=requests_total,job=a,zone=x 240"]);
}

#[test]
fn samples_of_a_range_are_worked_out_over_time() {
    worth("sum_over_time(level{job=\"a\"}[1m])", &["job=a 12"]);
    worth("count_over_time(level{job=\"a\"}[1m])", &["job=a 3"]);
    worth("avg_over_time(requests_total{job=\"a\"}[1m])", &["job=a,zone=x 270"]);
    worth("max_over_time(requests_total{job=\"a\"}[1m])", &["job=a,zone=x 300"]);
    worth("last_over_time(level{job=\"a\"}[1m])", &["__name__=level,job=a 4"]);
}

#[test]
fn one_nan_spoils_a_sum_but_not_a_maximum() {
    worth("sum_over_time(broken[5m])", &[" NaN"]);
    worth("max_over_time(broken[5m])", &[" 1"]);
    worth("count_over_time(broken[5m])", &[" 11"]);
}

#[test]
fn a_timestamp_is_the_samples_own() {
    let answer = Question::new("timestamp(level{job=\"a\"})", &Known).unwrap().at(AT + 70_000);
    let Ok(Value::Vector(samples)) = answer else { panic!("no vector") };
    assert_eq!(samples[0].value.to_bits(), 300.0_f64.to_bits());
}

#[test]
fn aggregations_keep_or_drop_labels() {
    worth("sum(level)", &[" 12"]);
    worth("max by (job) (requests_total)", &["job=a 300", "job=b 900"]);
    worth("min without (zone) (requests_total)", &["job=a 300", "job=b 900"]);
    worth(
        "count({__name__=~\"level|owner\"}) by (__name__)",
        &["__name__=level 2", "__name__=owner 2"],
    );
    worth("avg(level)", &[" 6"]);
}

#[test]
fn a_quantile_lies_on_a_line_within_its_bucket() {
    worth("histogram_quantile(0.5, wait_bucket)", &[" 2"]);
    worth("histogram_quantile(0.95, wait_bucket)", &[" 3"]);
}

#[test]
fn a_label_is_replaced_from_another() {
    worth(
        "label_replace(level{job=\"a\"}, \"name\", \"$1-x\", \"job\", \"(.*)\")",
        &["__name__=level,job=a,name=a-x 4"],
    );
}

#[test]
fn arithmetic_drops_the_name_and_comparison_keeps_it() {
    worth("level * 2", &["job=a 8", "job=b 16"]);
    worth("level > 5", &["__name__=level,job=b 8"]);
    worth("level > bool 5", &["job=a 0", "job=b 1"]);
}

#[test]
fn vectors_meet_by_their_labels() {
    worth("errors_total / requests_total", &["job=a,zone=x 0.5"]);
    worth("requests_total / on(job) level", &["job=a 75", "job=b 112.5"]);
    worth("requests_total / ignoring(zone) level", &["job=a 75", "job=b 112.5"]);
}

#[test]
fn the_many_side_takes_labels_of_the_one() {
    worth(
        "requests_total * on(job) group_left(team) owner",
        &["job=a,team=red,zone=x 300", "job=b,team=blue,zone=y 900"],
    );
}

#[test]
fn sets_meet_by_their_labels() {
    worth(
        "requests_total and on(job) level{job=\"a\"}",
        &["__name__=requests_total,job=a,zone=x 300"],
    );
    worth("level unless on(job) errors_total", &["__name__=level,job=b 8"]);
    worth("errors_total{job=\"z\"} or vector(0)", &[" 0"]);
}

#[test]
fn two_partners_on_the_one_side_are_an_error() {
    assert!(
        matches!(value("level * on() owner"), Err(Wrong::Failed(why)) if why.contains("many-to-many"))
    );
}

#[test]
fn series_that_only_differ_in_name_cannot_lose_it() {
    assert!(matches!(
        value("rate({__name__=~\".*s_total\",job=\"a\"}[5m])"),
        Err(Wrong::Failed(_))
    ));
}

#[test]
fn what_this_one_cannot_do_is_said() {
    assert_eq!(value("topk(1, level)"), Err(Wrong::Unknown("the aggregation topk".to_owned())));
    assert_eq!(
        value("predict_linear(level[5m], 60)"),
        Err(Wrong::Unknown("the function predict_linear".to_owned()))
    );
}

#[test]
fn what_cannot_be_read_is_bad() {
    assert!(matches!(value("sum("), Err(Wrong::Bad(_))));
    assert!(matches!(value("nonsense(level)"), Err(Wrong::Bad(_))));
}

#[test]
fn a_range_query_takes_both_ends() {
    let question = Question::new("level{job=\"a\"}", &Known).unwrap();
    let lines = question.over((0, 60_000), 30_000).unwrap();
    assert_eq!(lines[0].1, [(0, 4.0), (30_000, 4.0), (60_000, 4.0)]);
}

#[test]
fn a_range_query_of_a_range_is_bad() {
    let question = Question::new("level[5m]", &Known).unwrap();
    assert!(
        matches!(question.over((0, 60_000), 30_000), Err(Wrong::Bad(why)) if why.contains("range vector"))
    );
}

#[test]
fn too_many_samples_end_a_query() {
    let question = Question::new("sum_over_time(level[30d])", &Known).unwrap();
    let far = question.over((0, 86_400_000), 60_000);
    assert!(matches!(far, Err(Wrong::Failed(why)) if why.contains("too many samples")));
}

#[test]
fn a_subquery_is_worked_out_at_every_multiple_of_its_step() {
    assert_eq!(lines("count_over_time((level > 4)[5m:1m])"), ["job=b 5"]);
    assert_eq!(lines("avg_over_time((sum(level) >= bool 12)[5m:30s])"), [" 1"]);
    assert!(matches!(value("rate((level)[5m:1m])"), Err(Wrong::Unknown(_))));
}
