package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.LlmProvider;
import io.gatehouse.plugins.support.Arguments;
import org.jspecify.annotations.Nullable;

/** A configured target with everything prepared that does not depend on a request. Shared by all event loops. */
final class LlmTarget {
    private final int index;
    private final TargetConfig config;
    private final LlmOperation operation;
    private final LlmProvider provider;
    private final BalancerConfig balancing;
    private final boolean ownTimeouts;
    private final LlmModel model;
    private final Cost cost;
    private final @Nullable Template name;
    private final @Nullable Template alias;
    private final @Nullable Template upstreamUrl;
    private final @Nullable Template upstreamPath;
    private final @Nullable Bound fixed;

    /** @param ownTimeouts whether the balancer's time-outs count, or the service's */
    LlmTarget(
            int index,
            TargetConfig config,
            LlmOperation operation,
            LlmProvider provider,
            BalancerConfig balancing,
            boolean ownTimeouts) {
        this.index = index;
        this.config = config;
        this.operation = operation;
        this.provider = provider;
        this.balancing = balancing;
        this.ownTimeouts = ownTimeouts;
        this.model = modelOf(config.model());
        this.cost = new Cost(config.model().options());
        ModelConfig configured = config.model();
        this.name = template(configured.name(), Template.Use.TEXT);
        this.alias = template(configured.modelAlias(), Template.Use.TEXT);
        this.upstreamUrl = template(configured.options().upstreamUrl(), Template.Use.URL);
        this.upstreamPath = template(configured.options().upstreamPath(), Template.Use.URL);
        boolean templated = name != null || alias != null || upstreamUrl != null || upstreamPath != null;
        this.fixed = templated || configured.name() == null ? null : new Bound(this, model, configured.modelAlias());
    }

    /** A target for one request: its templates resolved, its model named if it can be. */
    static final class Bound {
        /** A longer name, which only a client can have made up, is not shown. */
        private static final int MAX_HEADER_NAME = 256;

        private final LlmTarget target;
        private final LlmModel model;
        private final @Nullable String alias;
        private final @Nullable String label;
        private volatile @Nullable Address oneshot;
        private volatile @Nullable Address streamed;

        Bound(LlmTarget target, LlmModel model, @Nullable String alias) {
            this.target = target;
            this.model = model;
            this.alias = alias;
            String name = model.name();
            this.label =
                    name == null || name.length() > MAX_HEADER_NAME ? null : headerSafe(model.provider() + '/' + name);
        }

        /** A model's name may come from the client, and may hold what a header must not. */
        private static String headerSafe(String text) {
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7F) {
                    StringBuilder out = new StringBuilder(text.length() + 16);
                    text.codePoints().forEach(c -> {
                        if (c > ' ' && c < 0x7F) {
                            out.append((char) c);
                        } else {
                            out.append(Arguments.encode(Character.toString(c)));
                        }
                    });
                    return out.toString();
                }
            }
            return text;
        }

        LlmTarget target() {
            return target;
        }

        LlmModel model() {
            return model;
        }

        /** What names provider and model to the client; null when there is no name, or none that can be shown. */
        @Nullable
        String label() {
            return label;
        }

        /** Whether a client may mean this target by a model's name. */
        boolean answersTo(String requested) {
            return requested.equals(model.name()) || requested.equals(alias);
        }

        /** What a client has to call it; empty when it may call it anything. */
        String clientName() {
            String name = alias != null ? alias : model.name();
            return name == null ? "" : name;
        }

        /**
         * Where it is reached; found out once.
         *
         * @throws Refusal when the model's options do not make an address
         */
        Address address(boolean stream) {
            Address known = stream ? streamed : oneshot;
            if (known == null) {
                known = target.address(model, stream);
                if (stream) {
                    streamed = known;
                } else {
                    oneshot = known;
                }
            }
            return known;
        }
    }

    private Address address(LlmModel bound, boolean stream) {
        try {
            return new Address(provider.endpoint(bound, operation, stream), balancing, ownTimeouts);
        } catch (IllegalArgumentException e) {
            throw Refusal.badRequest(String.valueOf(e.getMessage()));
        }
    }

    /** The model as configured, templates and all. */
    static LlmModel modelOf(ModelConfig config) {
        OptionsConfig options = config.options();
        return LlmModel.of(config.provider())
                .name(config.name())
                .option("upstream_url", options.upstreamUrl())
                .option("upstream_path", options.upstreamPath())
                .option("llama2_format", options.llama2Format())
                .option("mistral_format", options.mistralFormat())
                .build();
    }

    private static @Nullable Template template(@Nullable String text, Template.Use use) {
        return text == null ? null : Template.of(text, use);
    }

    /**
     * Resolves this target for a request.
     *
     * @param requested the model that the client names; it becomes the model's name where none is configured
     * @throws Refusal when a template cannot be resolved
     */
    Bound bind(Exchange exchange, @Nullable String requested) {
        Bound prepared = fixed;
        if (prepared != null) {
            return prepared;
        }
        ModelConfig configured = config.model();
        OptionsConfig options = configured.options();
        String modelName = resolve(name, configured.name(), exchange);
        LlmModel resolved = LlmModel.of(configured.provider())
                .name(modelName == null || modelName.isEmpty() ? requested : modelName)
                .option("upstream_url", resolve(upstreamUrl, options.upstreamUrl(), exchange))
                .option("upstream_path", resolve(upstreamPath, options.upstreamPath(), exchange))
                .option("llama2_format", options.llama2Format())
                .option("mistral_format", options.mistralFormat())
                .build();
        return new Bound(this, resolved, resolve(alias, configured.modelAlias(), exchange));
    }

    private static @Nullable String resolve(@Nullable Template template, @Nullable String literal, Exchange exchange) {
        return template == null ? literal : template.resolve(exchange);
    }

    /** Whether the client chooses the model. */
    boolean isOpen() {
        return config.model().name() == null;
    }

    int index() {
        return index;
    }

    TargetConfig config() {
        return config;
    }

    LlmOperation operation() {
        return operation;
    }

    LlmProvider provider() {
        return provider;
    }

    OptionsConfig options() {
        return config.model().options();
    }

    Cost cost() {
        return cost;
    }
}
