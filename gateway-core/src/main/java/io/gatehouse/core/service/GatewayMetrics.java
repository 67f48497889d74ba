package io.gatehouse.core.service;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Metrics;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.TokenUsage;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gatehouse's own metrics beside Kong's: always shown, whatever plugins are configured.
 *
 * <p>Any thread; made once per registry.
 */
public final class GatewayMetrics {
    private final Metrics.Counter.Child requests;
    private final Metrics.Counter.Child unmatched;
    private final Metrics.Counter.Child refused;
    private final Metrics.Counter.Child connectionsRefused;
    private final Metrics.Counter shed;
    private final Metrics.Gauge.Child inFlight;
    private final Metrics.Counter.Child abortedByClient;
    private final Metrics.Counter.Child abortedByUpstream;
    private final Metrics.Counter.Child abortedByGateway;
    private final Metrics.Counter.Child reloadsDone;
    private final Metrics.Counter.Child reloadsRefused;
    private final Metrics.Counter logEntriesDropped;
    private final Metrics.Counter usageMissing;
    private final Metrics.Counter pluginErrors;
    private final Metrics.Counter loopsBlocked;
    private volatile @Nullable Supplier<String> fingerprint;

    /** Makes or finds the families in a registry. */
    public GatewayMetrics(MetricsRegistry registry) {
        Metrics metrics = registry.node();
        requests = metrics.counter("gatehouse_requests_total", "Requests read from clients.")
                .with();
        unmatched = metrics.counter("gatehouse_requests_unmatched_total", "Requests that no route matched.")
                .with();
        refused = metrics.counter(
                        "gatehouse_requests_refused_total",
                        "What clients sent that became no request: not valid HTTP, too large, too slow.")
                .with();
        connectionsRefused = metrics.counter(
                        "gatehouse_connections_refused_total",
                        "Connections of clients that were closed at once since there were too many.")
                .with();
        shed = metrics.counter(
                "gatehouse_requests_shed_total",
                "Requests that were answered 503 since the gateway was short of something, by what was short.",
                "reason");
        shed.with("exchanges").add(0);
        for (MemoryGuard.Shortage shortage : MemoryGuard.Shortage.values()) {
            shed.with(shortage.label()).add(0);
        }
        inFlight = metrics.gauge("gatehouse_exchanges_in_flight", "Exchanges that have begun and not ended.")
                .with();
        Metrics.Counter aborted = metrics.counter(
                "gatehouse_exchanges_aborted_total", "Exchanges that did not end whole, by who broke them off.", "by");
        abortedByClient = aborted.with("client");
        abortedByUpstream = aborted.with("upstream");
        abortedByGateway = aborted.with("gateway");
        Metrics.Counter reloads = metrics.counter(
                "gatehouse_config_reloads_total",
                "Configurations that were offered, by what became of them.",
                "result");
        reloadsDone = reloads.with("success");
        reloadsRefused = reloads.with("failure");
        logEntriesDropped = metrics.counter(
                "gatehouse_log_entries_dropped_total", "Log entries that were not delivered.", "plugin", "reason");
        usageMissing = metrics.counter(
                "gatehouse_llm_usage_missing_total",
                "Answered LLM calls for which the provider reported no token usage.",
                "ai_provider",
                "ai_model");
        pluginErrors = metrics.counter(
                "gatehouse_plugin_errors_total",
                "Faults of plugins, by the phase they happened in.",
                "plugin",
                "phase");
        loopsBlocked = metrics.counter(
                "gatehouse_event_loop_blocked_total",
                "How often an event loop was kept from its work for 2 seconds or longer, by whose code it was in.",
                "plugin");
        registry.add(samples -> {
            Supplier<String> current = fingerprint;
            if (current != null) {
                samples.gauge(
                        "gatehouse_config_info", "The configuration that is live.", 1, "fingerprint", current.get());
            }
        });
    }

    /** An exchange has begun: counts a request. */
    public void begun() {
        requests.add(1);
        inFlight.add(1);
    }

    /** What a client sent became no request. */
    public void refused() {
        refused.add(1);
    }

    /** A connection of a client was one too many. */
    public void connectionRefused() {
        connectionsRefused.add(1);
    }

    /**
     * A request was turned away.
     *
     * @param reason what was short
     */
    public void shed(String reason) {
        shed.with(reason).add(1);
    }

    /** The request of an exchange matched no route. */
    public void unmatched() {
        unmatched.add(1);
    }

    /** An exchange has ended: counts who broke it off and which LLM calls lack their usage. Call it once each. */
    public void ended(Completion completion) {
        inFlight.add(-1);
        switch (completion.outcome().kind()) {
            case SENT -> {}
            case CLIENT_GONE -> abortedByClient.add(1);
            case UPSTREAM_FAILED -> abortedByUpstream.add(1);
            case DEADLINE, SHUTDOWN -> abortedByGateway.add(1);
        }
        List<AiCall> calls = completion.aiCalls();
        for (int i = 0; i < calls.size(); i++) {
            AiCall call = calls.get(i);
            if (call.statistics() && usageMissing(call, completion.status())) {
                usageMissing.with(call.provider(), call.requestModel()).add(1);
            }
        }
    }

    /** A configuration was offered. */
    public void reloaded(boolean success) {
        (success ? reloadsDone : reloadsRefused).add(1);
    }

    /**
     * A configuration went live.
     *
     * @param configFingerprint asked when metrics are written
     */
    public void live(Supplier<String> configFingerprint) {
        fingerprint = configFingerprint;
    }

    /**
     * Log entries were not delivered.
     *
     * @param reason a short fixed word such as {@code queue_full}
     */
    public void logEntriesDropped(String plugin, String reason, long count) {
        logEntriesDropped.with(plugin, reason).add((double) count);
    }

    /**
     * A plugin broke.
     *
     * @param phase {@code validate}, {@code start}, {@code create}, {@code admit}, {@code intercept}, {@code transform},
     *     {@code log}, {@code close} or {@code stop}
     */
    public void pluginFailed(String plugin, String phase) {
        pluginErrors.with(plugin, phase).add(1);
    }

    /**
     * An event loop could do nothing else for too long.
     *
     * @param plugin whose code it was in, or {@code unknown}
     */
    public void loopBlocked(String plugin) {
        loopsBlocked.with(plugin).add(1);
    }

    private static boolean usageMissing(AiCall call, int status) {
        TokenUsage usage = call.usage();
        if (usage != null) {
            return usage.provenance() == TokenUsage.Provenance.ESTIMATED;
        }
        // an error answer has no usage to report, and a refused call never reached a provider
        return status < 400 && call.latencyMillis() >= 0;
    }
}
