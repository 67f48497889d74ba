package io.gatehouse.plugins.prometheus;

import io.gatehouse.api.Metrics;
import org.jspecify.annotations.Nullable;

/** The families of ordinary traffic; null for those that the config leaves out. Names, labels and buckets are Kong's. */
final class TrafficFamilies {
    static final String WORKSPACE = "default";

    final Metrics.@Nullable Counter requests;
    final Metrics.@Nullable Counter bandwidth;
    final @Nullable Latencies latencies;

    TrafficFamilies(PrometheusConfig config, Metrics metrics) {
        requests = config.statusCodeMetrics()
                ? metrics.counter(
                        "kong_http_requests_total",
                        "Requests by service, route, status code and consumer.",
                        "service",
                        "route",
                        "code",
                        "source",
                        "type",
                        "workspace",
                        "consumer")
                : null;
        bandwidth = config.bandwidthMetrics()
                ? metrics.counter(
                        "kong_bandwidth_bytes",
                        "Bytes of requests (ingress) and responses (egress), heads included.",
                        "service",
                        "route",
                        "direction",
                        "workspace",
                        "consumer")
                : null;
        latencies = config.latencyMetrics() ? new Latencies(metrics) : null;
    }

    /** The histograms of times, in milliseconds. */
    static final class Latencies {
        final Metrics.Histogram gateway;
        final Metrics.Histogram upstream;
        final Metrics.Histogram request;
        final Metrics.Histogram internal;

        Latencies(Metrics metrics) {
            String[] labels = {"service", "route", "workspace"};
            gateway = metrics.histogram(
                    "kong_kong_latency_ms", "Time added by the gateway and its plugins.", Buckets.gateway(), labels);
            upstream = metrics.histogram(
                    "kong_upstream_latency_ms", "Time the upstream took to answer.", Buckets.upstream(), labels);
            request = metrics.histogram(
                    "kong_request_latency_ms",
                    "Time from the first byte of a request to the last byte of its response.",
                    Buckets.upstream(),
                    labels);
            internal = metrics.histogram(
                    "kong_kong_internal_latency_ms",
                    "Time added by the gateway itself, without waiting for anyone else.",
                    Buckets.gateway(),
                    labels);
        }
    }
}
