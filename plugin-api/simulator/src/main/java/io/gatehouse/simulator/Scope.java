package io.gatehouse.simulator;

import org.jspecify.annotations.Nullable;

/**
 * Which requests a {@link Behaviour} is for. Immutable.
 *
 * <pre>{@code
 * simulator.behaviour(Scope.all().host("api.mistral.ai").next(2), Behaviour.builder().status(500).build());
 * }</pre>
 *
 * @param host value of the Host header without its port, in lower case, or null for any
 * @param model model that the request asks for, or null for any
 * @param count for how many matching requests it holds; 0 means until it is cleared
 */
public record Scope(@Nullable String host, @Nullable String model, int count) {
    private static final Scope ALL = new Scope(null, null, 0);

    /** Checks the count. */
    public Scope {
        if (count < 0) {
            throw new IllegalArgumentException("next: " + count + " (expected: 0 or more)");
        }
    }

    /** Every request. */
    public static Scope all() {
        return ALL;
    }

    /** The same scope for one host. */
    public Scope host(String host) {
        return new Scope(Hosts.name(host), model, count);
    }

    /** The same scope for one requested model. */
    public Scope model(String model) {
        return new Scope(host, model, count);
    }

    /** The same scope for the next {@code count} matching requests only. */
    public Scope next(int count) {
        return new Scope(host, model, count);
    }

    boolean matches(String requestHost, @Nullable String requestModel) {
        return (host == null || host.equals(requestHost)) && (model == null || model.equals(requestModel));
    }

    int weight() {
        return (count > 0 ? 4 : 0) + (host != null ? 2 : 0) + (model != null ? 1 : 0);
    }
}
