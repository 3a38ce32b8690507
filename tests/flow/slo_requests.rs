//! How many requests a pass over a great many objectives takes, by the server that the bench stands on.

use std::time::Duration;

use watchfloor::api::Wiring;
use watchfloor::api::aws::Bounds;
use watchfloor::api::prometheus::{Memory, Prometheus};
use watchfloor::config::{Auth, PrometheusSettings, Proxy};
use watchfloor::runtime::Clock;

#[path = "../../benches/stage/objectives.rs"]
#[allow(dead_code, reason = "the bench uses the other parts of it")]
mod served;

use served::{SLOS, Served, WINDOWS};

/// How many requests the first pass and the one after it take over objectives of this error ratio.
async fn passes(ratio: &str) -> [usize; 2] {
    let now = Clock::wall().now();
    let served = Served::with(now, ratio).expect("a server");
    let settings = PrometheusSettings {
        url: served.url().parse().expect("a URL"),
        auth: Auth::None,
        ca_file: None,
        proxy: Proxy::None,
        interval: Duration::from_secs(30),
    };
    let prometheus =
        Prometheus::new(&settings, Bounds::Loopback, Wiring::new(move || now, |_| None));
    let (mut memory, mut counts) = (Memory::default(), [0; 2]);
    for count in &mut counts {
        let before = served.requests();
        let read = Box::pin(prometheus.objectives(&mut memory)).await.expect("objectives");
        assert_eq!((read.slos.len(), read.gap), (SLOS, None));
        assert!(read.slos.iter().all(|slo| slo.readings.len() == WINDOWS.len() - 1));
        *count = served.requests() - before;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_objectives_of_eight_windows_take_five_requests_and_then_four() {
    assert_eq!(passes("0.00012345678901234").await, [5, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_twenty_where_every_budget_is_low() {
    let [first, then] = passes("0.00097").await;
    assert!(first <= 20 && then <= 20, "{first} and {then}");
}
