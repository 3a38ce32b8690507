//! A server that answers as a Prometheus with 2,000 objectives of sloth would, from answers written beforehand.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use watchfloor::domain::Timestamp;

/// How many objectives there are.
pub(crate) const SLOS: usize = 2000;
/// The windows of each; the last is the period.
pub(crate) const WINDOWS: [&str; 8] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"];
/// Samples of a series in five minutes.
const SAMPLES: i64 = 10;
/// Points of a series over the period.
const POINTS: i64 = 201;

/// The server.
#[derive(Debug)]
pub(crate) struct Served {
    at: SocketAddr,
    answers: Arc<Answers>,
    requests: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Answers {
    ratios: String,
    nothing: String,
    rules: String,
    period: String,
}

impl Served {
    /// Writes the answers for an instant, and serves them until the program ends: nearly nine tenths of each budget are
    /// left.
    pub(crate) fn at(now: Timestamp) -> Result<Served> {
        Served::with(now, "0.00012345678901234")
    }

    /// The same with this error ratio over every window; 0.001 may be bad.
    pub(crate) fn with(now: Timestamp, ratio: &str) -> Result<Served> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let at = listener.local_addr()?;
        let answers = Arc::new(Answers {
            ratios: ratios(now.as_second(), ratio)?,
            nothing: matrix(""),
            rules: rules()?,
            period: period(now.as_second())?,
        });
        let requests = Arc::new(AtomicUsize::new(0));
        let (shared, counted) = (Arc::clone(&answers), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, counted) = (Arc::clone(&shared), Arc::clone(&counted));
                // A connection that breaks is its other end's business.
                std::thread::spawn(move || drop(converse(stream, &answers, &counted)));
            }
        });
        Ok(Served { at, answers, requests })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// How often it was asked.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How large its answers are together.
    pub(crate) fn bytes(&self) -> usize {
        let Answers { ratios, nothing, rules, period } = &*self.answers;
        ratios.len() + nothing.len() + rules.len() + period.len()
    }
}

/// Answers one request after the other.
fn converse(stream: TcpStream, answers: &Answers, requests: &AtomicUsize) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        requests.fetch_add(1, Ordering::SeqCst);
        let answer = match first.as_str() {
            line if line.contains("/api/v1/rules") => &answers.rules,
            line if line.contains("query_range") => &answers.period,
            line if line.contains("ratio_rate") => &answers.ratios,
            _ => &answers.nothing,
        };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
        write!(writer, "{head}: {}\r\n\r\n{answer}", answer.len())?;
    }
}

fn matrix(rows: &str) -> String {
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
        rows.trim_end_matches(',')
    )
}

/// The labels of a series, without the braces.
fn labels(name: &str, slo: usize) -> String {
    format!(
        r#""__name__":"{name}","sloth_id":"service-{slo}-availability","sloth_service":"service-{slo}","sloth_slo":"availability","team":"team-{}""#,
        slo % 20
    )
}

/// One series: its labels and its samples, `every` so many seconds up to an instant.
fn series(labels: &str, value: &str, (end, every, count): (i64, i64, i64)) -> Result<String> {
    let mut text = format!(r#"{{"metric":{{{labels}}},"values":["#);
    for n in (0..count).rev() {
        let comma = if n == 0 { "" } else { "," };
        write!(text, r#"[{}.123,"{value}"]{comma}"#, end - n * every)?;
    }
    text.push_str("]},");
    Ok(text)
}

fn ratios(now: i64, ratio: &str) -> Result<String> {
    let mut rows = String::new();
    for slo in 0..SLOS {
        let span = (now, 30, SAMPLES);
        for window in WINDOWS {
            let name = labels(&format!("slo:sli_error:ratio_rate{window}"), slo);
            let name = format!(r#"{name},"sloth_window":"{window}""#);
            rows.push_str(&series(&name, ratio, span)?);
        }
        rows.push_str(&series(&labels("slo:objective:ratio", slo), "0.9990000000000001", span)?);
        rows.push_str(&series(&labels("slo:time_period:days", slo), "30", span)?);
        let info = format!(r#"{},"sloth_objective":"99.9""#, labels("sloth_slo_info", slo));
        rows.push_str(&series(&info, "1", span)?);
    }
    Ok(matrix(&rows))
}

fn period(now: i64) -> Result<String> {
    let mut rows = String::new();
    for slo in 0..SLOS {
        let name = labels("slo:sli_error:ratio_rate5m", slo);
        let span = (now, 30 * 86_400 / (POINTS - 1), POINTS);
        rows.push_str(&series(&name, "0.00012345678901234", span)?);
    }
    Ok(matrix(&rows))
}

fn rules() -> Result<String> {
    let mut groups = String::new();
    for slo in 0..SLOS {
        let mut rules = String::new();
        let own = labels("", slo);
        let own = own.split_once(',').map_or("", |(_, own)| own);
        for window in WINDOWS {
            let query = match window {
                "30d" => "sum_over_time(slo:sli_error:ratio_rate5m[30d]) / count_over_time(slo:sli_error:ratio_rate5m[30d])".to_owned(),
                _ => format!("sum(rate(http_requests_total{{service='service-{slo}',code=~'5..'}}[{window}])) / sum(rate(http_requests_total{{service='service-{slo}'}}[{window}]))"),
            };
            write!(
                rules,
                r#"{{"name":"slo:sli_error:ratio_rate{window}","query":"{query}","labels":{{{own}}},"health":"ok","evaluationTime":0.0003,"lastEvaluation":"2026-01-12T00:00:00Z","type":"recording"}},"#
            )?;
        }
        for (severity, steps) in [
            ("page", [("5m", "1h", "14.4"), ("30m", "6h", "6")]),
            ("ticket", [("2h", "1d", "3"), ("6h", "3d", "1")]),
        ] {
            let over = |window: &str, factor: &str| {
                format!(
                    "max(slo:sli_error:ratio_rate{window}{{sloth_id='service-{slo}-availability'}} > ({factor} * 0.001)) without (sloth_window)"
                )
            };
            let pair = |(short, long, factor): (&str, &str, &str)| {
                format!("({} and {})", over(short, factor), over(long, factor))
            };
            let query = steps.map(pair).join(" or ");
            write!(
                rules,
                r#"{{"state":"inactive","name":"Burns{slo}","query":"{query}","duration":0,"labels":{{{own},"sloth_severity":"{severity}"}},"annotations":{{}},"alerts":[],"health":"ok","type":"alerting"}},"#
            )?;
        }
        let rules = rules.trim_end_matches(',');
        write!(
            groups,
            r#"{{"name":"sloth-{slo}","file":"rules.yml","interval":30,"rules":[{rules}]}},"#
        )?;
    }
    let groups = groups.trim_end_matches(',');
    Ok(format!(r#"{{"status":"success","data":{{"groups":[{groups}]}}}}"#))
}
