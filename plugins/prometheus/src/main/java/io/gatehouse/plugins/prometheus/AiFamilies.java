package io.gatehouse.plugins.prometheus;

import io.gatehouse.api.Metrics;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.TokenUsage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The families of LLM calls, with the label sets of the newest Kong. The four labels of a semantic cache are empty for
 * calls without one.
 */
final class AiFamilies {
    /** Model names can come from clients: beyond this many, series are looked up in their family every time. */
    private static final int MAX_CACHED = 2_000;

    private static final String[] CALL = {
        "ai_provider",
        "ai_model",
        "cache_status",
        "vector_db",
        "embeddings_provider",
        "embeddings_model",
        "workspace",
        "consumer",
        "request_mode"
    };

    private final Metrics.Counter requests;
    private final Metrics.Counter cost;
    private final Metrics.Counter tokens;
    private final Metrics.Histogram latency;
    private final Metrics.Histogram timeToFirstToken;
    private final Metrics.Histogram timePerToken;
    private final ConcurrentHashMap<Labels, CallSeries> calls = new ConcurrentHashMap<>();

    AiFamilies(Metrics metrics) {
        requests = metrics.counter("kong_ai_llm_requests_total", "Calls to LLMs.", CALL);
        cost = metrics.counter(
                "kong_ai_llm_cost_total", "Price of calls to LLMs, in the currency of the configured costs.", CALL);
        tokens = metrics.counter(
                "kong_ai_llm_tokens_total",
                "Tokens of calls to LLMs. total_tokens is a type of its own.",
                "ai_provider",
                "ai_model",
                "cache_status",
                "vector_db",
                "embeddings_provider",
                "embeddings_model",
                "token_type",
                "workspace",
                "consumer");
        latency = metrics.histogram(
                "kong_ai_llm_provider_latency_ms",
                "Time until an LLM's answer was complete.",
                Buckets.provider(),
                CALL);
        timeToFirstToken = metrics.histogram(
                "kong_ai_llm_ttft_latency_ms",
                "Time until the first token of an LLM's answer.",
                Buckets.provider(),
                CALL);
        timePerToken = metrics.histogram(
                "kong_ai_llm_tpot_latency_ms",
                "Time of an LLM's answer for each of its tokens.",
                Buckets.gateway(),
                CALL);
    }

    /** Records a call whose plugin has statistics on. */
    void record(AiCall call, String consumer) {
        if (!call.statistics()) {
            return;
        }
        CallSeries series = series(new Labels(call.provider(), call.requestModel(), call.mode(), consumer));
        series.requests().add(1);
        if (call.cost() > 0) {
            series.cost().add(call.cost());
        }
        if (call.latencyMillis() >= 0) {
            series.latency().observe((double) call.latencyMillis());
        }
        if (call.timeToFirstTokenMillis() >= 0) {
            series.timeToFirstToken().observe((double) call.timeToFirstTokenMillis());
        }
        TokenUsage usage = call.usage();
        if (usage == null) {
            return;
        }
        if (usage.completion() > 0 && call.latencyMillis() >= 0) {
            series.timePerToken().observe(call.timePerTokenMillis());
        }
        if (usage.prompt() > 0) {
            series.promptTokens().add((double) usage.prompt());
        }
        if (usage.completion() > 0) {
            series.completionTokens().add((double) usage.completion());
        }
        if (usage.total() > 0) {
            series.totalTokens().add((double) usage.total());
        }
    }

    private CallSeries series(Labels labels) {
        CallSeries known = calls.get(labels);
        if (known != null) {
            return known;
        }
        CallSeries made = new CallSeries(labels);
        if (calls.size() < MAX_CACHED) {
            calls.put(labels, made);
        }
        return made;
    }

    private record Labels(String provider, String model, String mode, String consumer) {}

    /**
     * The bound series of one kind of call, each bound with its first value, since a series that is shown as 0 would
     * claim that costs or tokens are known. Threads that bind at once get the same child.
     */
    private final class CallSeries {
        private final Labels labels;
        private Metrics.Counter.@Nullable Child requestsChild;
        private Metrics.Counter.@Nullable Child costChild;
        private Metrics.Counter.@Nullable Child promptChild;
        private Metrics.Counter.@Nullable Child completionChild;
        private Metrics.Counter.@Nullable Child totalChild;
        private Metrics.Histogram.@Nullable Child latencyChild;
        private Metrics.Histogram.@Nullable Child firstTokenChild;
        private Metrics.Histogram.@Nullable Child perTokenChild;

        CallSeries(Labels labels) {
            this.labels = labels;
        }

        Metrics.Counter.Child requests() {
            Metrics.Counter.Child child = requestsChild;
            if (child == null) {
                child = requests.with(call());
                requestsChild = child;
            }
            return child;
        }

        Metrics.Counter.Child cost() {
            Metrics.Counter.Child child = costChild;
            if (child == null) {
                child = cost.with(call());
                costChild = child;
            }
            return child;
        }

        Metrics.Counter.Child promptTokens() {
            Metrics.Counter.Child child = promptChild;
            if (child == null) {
                child = tokens("prompt_tokens");
                promptChild = child;
            }
            return child;
        }

        Metrics.Counter.Child completionTokens() {
            Metrics.Counter.Child child = completionChild;
            if (child == null) {
                child = tokens("completion_tokens");
                completionChild = child;
            }
            return child;
        }

        Metrics.Counter.Child totalTokens() {
            Metrics.Counter.Child child = totalChild;
            if (child == null) {
                child = tokens("total_tokens");
                totalChild = child;
            }
            return child;
        }

        Metrics.Histogram.Child latency() {
            Metrics.Histogram.Child child = latencyChild;
            if (child == null) {
                child = latency.with(call());
                latencyChild = child;
            }
            return child;
        }

        Metrics.Histogram.Child timeToFirstToken() {
            Metrics.Histogram.Child child = firstTokenChild;
            if (child == null) {
                child = timeToFirstToken.with(call());
                firstTokenChild = child;
            }
            return child;
        }

        Metrics.Histogram.Child timePerToken() {
            Metrics.Histogram.Child child = perTokenChild;
            if (child == null) {
                child = timePerToken.with(call());
                perTokenChild = child;
            }
            return child;
        }

        private String[] call() {
            return new String[] {
                labels.provider, labels.model, "", "", "", "", TrafficFamilies.WORKSPACE, labels.consumer, labels.mode
            };
        }

        private Metrics.Counter.Child tokens(String type) {
            return tokens.with(
                    labels.provider, labels.model, "", "", "", "", type, TrafficFamilies.WORKSPACE, labels.consumer);
        }
    }
}
