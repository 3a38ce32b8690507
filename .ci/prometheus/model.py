"""Four services whose objectives are known beforehand: their traffic as Prometheus is to have scraped it for a month, the
rules over it in sloth's form, and what must come out.

Usage: model.py history|rules|backfill|known ANCHOR      (to the standard output)
       model.py exporter ANCHOR PORT_FILE                (serves the counters of the present, until it is stopped)

One function tells the counters at any instant, so that the history, the scrapes and the answers cannot disagree. ANCHOR is
the instant, seconds since 1970, that the traffic is told from.
"""

import http.server
import json
import pathlib
import sys
import time

MINUTE, HOUR, DAY = 60, 3600, 86400
MONTH = 30 * DAY
WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
# Each service: its objective in percent; its events a second; its shares of bad ones, each from an offset to the anchor on.
SERVICES = {
    "checkout": (99.9, 100.0, [(-31 * DAY, 0.0005)]),
    "payments": (99.9, 50.0, [(-31 * DAY, 0.0), (-10 * DAY, 0.02), (-10 * DAY + 6 * HOUR, 0.0)]),
    "search": (99.5, 20.0, [(-31 * DAY, 0.002), (-HOUR, 0.10)]),
    "billing": (99.0, 10.0, [(-31 * DAY, 0.0), (-2 * DAY, 0.04)]),
}
# What fires of each, and the burn rate of the present.
FIRES = {"checkout": None, "payments": None, "search": "page", "billing": "ticket"}
BURNS = {"checkout": 0.5, "payments": 0.0, "search": 20.0, "billing": 4.0}


def bad_and_all(service, anchor, at):
    """The counters of a service at an instant: bad events and all of them since the beginning."""
    _, pace, shares = SERVICES[service]
    ends = [begin for begin, _ in shares[1:]] + [float("inf")]
    bad = every = 0.0
    for (begin, share), end in zip(shares, ends):
        lasted = min(at, anchor + end) - (anchor + begin)
        if lasted > 0:
            every += lasted * pace
            bad += lasted * pace * share
    return bad, every


def counters(service, anchor, at):
    """The two series of a service: code and value."""
    bad, every = bad_and_all(service, anchor, at)
    return [("200", every - bad), ("500", bad)]


def history(anchor):
    print("# HELP http_requests Requests.\n# TYPE http_requests counter")
    instants = range(anchor - 31 * DAY, int(time.time()) // MINUTE * MINUTE + 1, MINUTE)
    for service in SERVICES:
        for place, code in enumerate(["200", "500"]):
            labels = f'service="{service}",code="{code}",job="model",instance="model"'
            for at in instants:
                print(f"http_requests_total{{{labels}}} {counters(service, anchor, at)[place][1]:.6f} {at}")
    print("# EOF")


def ratio(service, window):
    return (
        f'sum(rate(http_requests_total{{service="{service}",code=~"5.."}}[{window}]))'
        f' / sum(rate(http_requests_total{{service="{service}"}}[{window}]))'
    )


def pair(ratio_of, budget, factor, short, long):
    over = [f"max({ratio_of(window)} > ({factor} * {budget})) without (sloth_window)" for window in (short, long)]
    return "(" + " and ".join(over) + ")"


def groups(service):
    """The groups of rules of one service, as sloth shapes them."""
    objective = SERVICES[service][0]
    budget = 1 - objective / 100
    own = {"sloth_id": f"{service}-availability", "sloth_service": service, "sloth_slo": "availability"}
    selector = ", ".join(f'{name}="{value}"' for name, value in own.items())

    def record(name, query, **more):
        return {"record": name, "expr": query, "labels": {**own, **more}}

    def recorded(window):
        return f"slo:sli_error:ratio_rate{window}{{{selector}}}"

    def alert(severity, *pairs):
        over = " or ".join(pair(recorded, budget, *one) for one in pairs)
        return {"alert": f"{service.title()}Burns", "expr": over, "labels": {"sloth_severity": severity}}

    of_minutes = recorded("5m")
    month = f"sum_over_time({of_minutes}[30d]) / ignoring (sloth_window) count_over_time({of_minutes}[30d])"
    indicators = [record(f"slo:sli_error:ratio_rate{one}", ratio(service, one), sloth_window=one) for one in WINDOWS]
    indicators.append(record("slo:sli_error:ratio_rate30d", month, sloth_window="30d"))
    constants = [
        record("slo:objective:ratio", f"vector({objective / 100})"),
        record("slo:error_budget:ratio", f"vector({budget})"),
        record("slo:time_period:days", "vector(30)"),
        record("sloth_slo_info", "vector(1)", sloth_objective=f"{objective}", sloth_spec="prometheus/v1"),
    ]
    alerts = [
        alert("page", (14.4, "5m", "1h"), (6, "30m", "6h")),
        alert("ticket", (3, "2h", "1d"), (1, "6h", "3d")),
    ]
    return [
        # As often as the history was recorded: the ratio of the month counts samples.
        {"name": f"sloth-slo-sli-recordings-{own['sloth_id']}", "interval": "60s", "rules": indicators},
        {"name": f"sloth-slo-meta-recordings-{own['sloth_id']}", "rules": constants},
        {"name": f"sloth-slo-alerts-{own['sloth_id']}", "rules": alerts},
    ]


def rules(_):
    # JSON is YAML too.
    print(json.dumps({"groups": [group for service in SERVICES for group in groups(service)]}))


def backfill(_):
    """The one series whose history the others need."""
    first = [groups(service)[0] for service in SERVICES]
    print(json.dumps({"groups": [{**group, "rules": group["rules"][:1]} for group in first]}))


def month_ratio(service, anchor, at):
    """The error ratio over the thirty days to an instant, from the mean of ratios over five minutes: the middle of those
    five minutes lies two and a half before it."""
    end = at - 150
    bad, every = bad_and_all(service, anchor, end)
    bad_before, every_before = bad_and_all(service, anchor, end - MONTH)
    return (bad - bad_before) / (every - every_before)


def known(anchor):
    """What must be read. Between the two instants every ratio grows evenly."""
    instants = [anchor, anchor + HOUR]
    services = {
        service: {
            "objective": SERVICES[service][0] / 100,
            "ratios": [month_ratio(service, anchor, at) for at in instants],
            "burn": BURNS[service],
            "fires": FIRES[service],
        }
        for service in SERVICES
    }
    print(json.dumps({"instants": instants, "services": services}, indent=1))


def exporter(anchor, port_file):
    class Counters(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            now, lines = time.time(), ["# TYPE http_requests_total counter"]
            for service in SERVICES:
                for code, value in counters(service, anchor, now):
                    lines.append(f'http_requests_total{{service="{service}",code="{code}"}} {value:.6f}')
            body = ("\n".join(lines) + "\n").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counters)
    pathlib.Path(port_file).write_text(str(server.server_address[1]))
    server.serve_forever()


if __name__ == "__main__":
    what = {one.__name__: one for one in (history, rules, backfill, known, exporter)}[sys.argv[1]]
    what(int(sys.argv[2]), *sys.argv[3:])
