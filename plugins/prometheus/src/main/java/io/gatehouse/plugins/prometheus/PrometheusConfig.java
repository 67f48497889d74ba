package io.gatehouse.plugins.prometheus;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import org.jspecify.annotations.Nullable;

/**
 * Which metrics are collected. The node's own show in any case.
 *
 * <p>{@code upstream_health_metrics} is looked at by the gateway, which knows the targets; {@code wasm_metrics} shows
 * nothing, since there are no WebAssembly filters.
 */
@Doc("Exposes metrics of requests and LLM calls in Prometheus' text format on /metrics of the Admin and Status APIs.")
record PrometheusConfig(
        @Doc("Fill in the consumer label of requests, bandwidth and LLM metrics.") @Default("false")
        boolean perConsumer,

        @Doc("Count requests by service, route and status: kong_http_requests_total.") @Default("false")
        boolean statusCodeMetrics,

        @Doc(
                "Measure LLM calls: kong_ai_llm_requests_total, tokens, cost and latencies. The AI plugin must have logging.log_statistics on.")
        @Default("false")
        boolean aiMetrics,

        @Doc(
                "Measure times: kong_kong_latency_ms, kong_upstream_latency_ms, kong_request_latency_ms and kong_kong_internal_latency_ms.")
        @Default("false")
        boolean latencyMetrics,

        @Doc("Count bytes of requests and responses, heads included: kong_bandwidth_bytes.") @Default("false")
        boolean bandwidthMetrics,

        @Doc("Show the health of upstream targets.") @Default("false")
        boolean upstreamHealthMetrics,

        @Doc("Accepted for compatibility and without effect: there are no WebAssembly filters.") @Nullable
        Boolean wasmMetrics) {}
