package io.gatehouse.api.ai;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One call to an LLM, for metrics, logs and limits. Immutable; made by the plugin that made the call, when the call has
 * ended in whatever way, and added with {@link io.gatehouse.api.Exchange#add(AiCall)}.
 *
 * <p>The names follow Kong's {@code ai.proxy} log block.
 */
public final class AiCall {
    /** Provider and model of a call that was refused before it had a target. */
    public static final String UNSPECIFIED = "UNSPECIFIED";

    private final Builder facts;

    private AiCall(Builder facts) {
        this.facts = facts;
    }

    /**
     * Starts a call.
     *
     * @param namespace the key under {@code ai} in the log entry, such as {@code proxy}
     * @param provider Kong's provider name, or {@link #UNSPECIFIED}
     * @param requestModel the configured model, or {@link #UNSPECIFIED}
     */
    public static Builder builder(String namespace, String pluginId, String provider, String requestModel) {
        return new Builder(namespace, pluginId, provider, requestModel);
    }

    /** The key under {@code ai} in the log entry. */
    public String namespace() {
        return facts.namespace;
    }

    /** The plugin entity that made the call. */
    public String pluginId() {
        return facts.pluginId;
    }

    /** Kong's provider name. */
    public String provider() {
        return facts.provider;
    }

    /** The configured or requested model; never the dated one that the provider answers with. */
    public String requestModel() {
        return facts.requestModel;
    }

    /** The model that the provider says it used; null when it said nothing. */
    public @Nullable String responseModel() {
        return facts.responseModel;
    }

    /** {@code oneshot}, {@code stream} or {@code realtime}. */
    public String mode() {
        return facts.mode;
    }

    /** Whether statistics were asked for: metrics and the meta and usage blocks of the log entry need it. */
    public boolean statistics() {
        return facts.statistics;
    }

    /** From the parsed request to the end of the provider's answer, in milliseconds; -1 when there was no answer. */
    public long latencyMillis() {
        return facts.latencyMillis;
    }

    /** To the first content-bearing token, in milliseconds; -1 when none came. */
    public long timeToFirstTokenMillis() {
        return facts.timeToFirstTokenMillis;
    }

    /** Latency per completion token in milliseconds; 0 when there were none. */
    public double timePerTokenMillis() {
        TokenUsage usage = facts.usage;
        return usage == null || usage.completion() == 0 || facts.latencyMillis < 0
                ? 0
                : (double) facts.latencyMillis / usage.completion();
    }

    /** What was consumed; null when nothing is known, as after an error answer. */
    public @Nullable TokenUsage usage() {
        return facts.usage;
    }

    /** The price in the currency of the configured costs; 0 unless both costs are configured. */
    public double cost() {
        return facts.cost;
    }

    /** The request body as sent to the provider; null unless payload logging is on. */
    public @Nullable String requestPayload() {
        return facts.requestPayload;
    }

    /** The response body as sent to the client, a stream assembled; null unless payload logging is on. */
    public @Nullable String responsePayload() {
        return facts.responsePayload;
    }

    /** Whether a payload was cut at its limit. */
    public boolean payloadTruncated() {
        return facts.payloadTruncated;
    }

    /** The targets that were tried, in order. */
    public List<AiTarget> triedTargets() {
        return facts.triedTargets;
    }

    /** Collects the facts of a call; {@link #build()} ends it. */
    public static final class Builder {
        private final String namespace;
        private final String pluginId;
        private final String provider;
        private final String requestModel;
        private @Nullable String responseModel;
        private String mode = "oneshot";
        private boolean statistics;
        private long latencyMillis = -1;
        private long timeToFirstTokenMillis = -1;
        private @Nullable TokenUsage usage;
        private double cost;
        private @Nullable String requestPayload;
        private @Nullable String responsePayload;
        private boolean payloadTruncated;
        private List<AiTarget> triedTargets = List.of();

        private Builder(String namespace, String pluginId, String provider, String requestModel) {
            this.namespace = Objects.requireNonNull(namespace, "namespace");
            this.pluginId = Objects.requireNonNull(pluginId, "pluginId");
            this.provider = Objects.requireNonNull(provider, "provider");
            this.requestModel = Objects.requireNonNull(requestModel, "requestModel");
        }

        /** Sets the model that the provider says it used. */
        public Builder responseModel(@Nullable String model) {
            this.responseModel = model;
            return this;
        }

        /** Sets the mode: {@code oneshot}, {@code stream} or {@code realtime}. */
        public Builder mode(String mode) {
            this.mode = mode;
            return this;
        }

        /** Sets whether statistics were asked for. */
        public Builder statistics(boolean statistics) {
            this.statistics = statistics;
            return this;
        }

        /** Sets the latency in milliseconds. */
        public Builder latencyMillis(long millis) {
            this.latencyMillis = millis;
            return this;
        }

        /** Sets the time to the first token in milliseconds. */
        public Builder timeToFirstTokenMillis(long millis) {
            this.timeToFirstTokenMillis = millis;
            return this;
        }

        /** Sets what was consumed. */
        public Builder usage(@Nullable TokenUsage usage) {
            this.usage = usage;
            return this;
        }

        /** Sets the price. */
        public Builder cost(double cost) {
            this.cost = cost;
            return this;
        }

        /** Sets the logged request and response bodies. */
        public Builder payload(@Nullable String request, @Nullable String response, boolean truncated) {
            this.requestPayload = request;
            this.responsePayload = response;
            this.payloadTruncated = truncated;
            return this;
        }

        /** Sets the targets that were tried, in order. */
        public Builder triedTargets(List<AiTarget> targets) {
            this.triedTargets = List.copyOf(targets);
            return this;
        }

        /** Makes the call. The builder is not to be used after it. */
        public AiCall build() {
            return new AiCall(this);
        }
    }
}
