package io.gatehouse.api.ai;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model of a provider as a target configures it, with its templates resolved for one request: what {@link LlmProvider}
 * works from. Immutable; any thread.
 */
public final class LlmModel {
    private final String provider;
    private final @Nullable String name;
    private final Map<String, String> options;

    private LlmModel(Builder builder) {
        this.provider = builder.provider;
        this.name = builder.name;
        this.options = Map.copyOf(builder.options);
    }

    /** Starts a model of the provider with this name. */
    public static Builder of(String provider) {
        return new Builder(provider);
    }

    /** The provider's name. */
    public String provider() {
        return provider;
    }

    /** The model's name at the provider: the configured one, else the one in the request; null when there is neither. */
    public @Nullable String name() {
        return name;
    }

    /**
     * A text option under {@code model.options} by Kong's name, dots for nested records: {@code upstream_url}, {@code
     * mistral_format}. Null when it is not set.
     */
    public @Nullable String option(String name) {
        return options.get(name);
    }

    /** The same model under another name. */
    public LlmModel named(@Nullable String name) {
        Builder builder = new Builder(provider).name(name);
        builder.options.putAll(options);
        return builder.build();
    }

    @Override
    public String toString() {
        return name == null ? provider : provider + '/' + name;
    }

    /** Collects the facts of an {@link LlmModel}. */
    public static final class Builder {
        private final String provider;
        private final Map<String, String> options = new TreeMap<>();
        private @Nullable String name;

        private Builder(String provider) {
            this.provider = Objects.requireNonNull(provider, "provider");
        }

        /** Sets the model's name; null for none. */
        public Builder name(@Nullable String name) {
            this.name = name;
            return this;
        }

        /** Sets a text option; null leaves it out. */
        public Builder option(String name, @Nullable String value) {
            if (value != null) {
                options.put(name, value);
            }
            return this;
        }

        /** Makes the model. */
        public LlmModel build() {
            return new LlmModel(this);
        }
    }
}
