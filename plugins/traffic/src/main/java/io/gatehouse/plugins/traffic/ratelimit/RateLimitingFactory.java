package io.gatehouse.plugins.traffic.ratelimit;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import java.util.Locale;

/** Makes {@code rate-limiting} plugins. */
public final class RateLimitingFactory implements PluginFactory<RateLimitingConfig> {
    /** For the service loader. */
    public RateLimitingFactory() {}

    @Override
    public String name() {
        return "rate-limiting";
    }

    @Override
    public int priority() {
        return 910;
    }

    @Override
    public Class<RateLimitingConfig> configType() {
        return RateLimitingConfig.class;
    }

    @Override
    public void validate(RateLimitingConfig config, Problems problems) {
        Period lower = null;
        for (Period period : Period.values()) {
            Long limit = config.limit(period);
            if (limit == null) {
                continue;
            }
            Long lowerLimit = lower == null ? null : config.limit(lower);
            if (lower != null && lowerLimit != null && limit < lowerLimit) {
                problems.add(
                        name(period),
                        String.format(
                                Locale.ROOT,
                                "The limit for %s(%.1f) cannot be lower than the limit for %s(%.1f)",
                                name(period),
                                (double) limit,
                                name(lower),
                                (double) lowerLimit));
            }
            lower = period;
        }
        if (config.syncRate() != -1) {
            boolean redis = config.policy() == RateLimitingConfig.Policy.REDIS;
            problems.add(
                    "sync_rate",
                    redis
                            ? config.syncRate() + " is not built (expected: -1, each request is counted at once)"
                            : "sync_rate can only be used with the redis policy");
        }
    }

    private static String name(Period period) {
        return period.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Plugin create(RateLimitingConfig config, PluginContext context) {
        return new RateLimiting(config, context);
    }
}
