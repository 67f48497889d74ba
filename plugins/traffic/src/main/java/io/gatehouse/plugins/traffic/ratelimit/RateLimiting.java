package io.gatehouse.plugins.traffic.ratelimit;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Counters;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.Service;
import io.gatehouse.plugins.support.HeaderName;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Kong's rate-limiting: all windows of a client are looked at and counted in one step. */
final class RateLimiting implements Plugin {
    /** A longer identifier, which a client may send in a header, is counted by its hash: keys stay in memory. */
    private static final int MAX_IDENTIFIER = 64;

    private static final CharSequence LIMIT = HttpHeaders.createOptimized("RateLimit-Limit");
    private static final CharSequence REMAINING = HttpHeaders.createOptimized("RateLimit-Remaining");
    private static final CharSequence RESET = HttpHeaders.createOptimized("RateLimit-Reset");
    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");

    private final RateLimitingConfig config;
    private final Counters counters;
    private final Clock clock;
    private final @Nullable HeaderName header;
    private final Period[] periods;
    private final long[] limits;
    private final CharSequence[] limitTexts;
    private final String keyPrefix;

    /** The windows of the last request, which are those of the next one too unless one of them has ended. */
    private volatile Windows current = new Windows(1, 0, List.of());

    /**
     * The windows of a moment.
     *
     * @param from the first moment that has just these, milliseconds since the epoch
     * @param end the first that has others
     */
    private record Windows(long from, long end, List<Counters.Window> all) {}

    RateLimiting(RateLimitingConfig config, PluginContext context) {
        this.config = config;
        String redis = config.redis().host();
        this.counters = config.policy() == RateLimitingConfig.Policy.REDIS && redis != null
                ? context.counters(config.redis().options(redis))
                : context.counters();
        this.clock = context.clock();
        this.header = config.headerName() == null ? null : HeaderName.of(config.headerName());
        List<Period> used = new ArrayList<>();
        for (Period period : Period.values()) {
            if (config.limit(period) != null) {
                used.add(period);
            }
        }
        this.periods = used.toArray(Period[]::new);
        this.limits = new long[periods.length];
        this.limitTexts = new CharSequence[periods.length];
        for (int i = 0; i < periods.length; i++) {
            Long limit = config.limit(periods[i]);
            limits[i] = limit == null ? 0 : limit;
            limitTexts[i] = HttpHeaders.createOptimized(Long.toString(limits[i]));
        }
        this.keyPrefix = Objects.requireNonNullElse(context.routeId(), "")
                + ':'
                + Objects.requireNonNullElse(context.serviceId(), "")
                + ':';
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        long now = clock.millis();
        Future<Counters.Count> count = counters.take(keyPrefix + identifier(request), 1, windows(now));
        return count.succeeded()
                ? decided(request, next, count.result(), now)
                : count.transform(done ->
                        done.succeeded() ? decided(request, next, done.result(), now) : unreachable(request, next));
    }

    private List<Counters.Window> windows(long now) {
        Windows last = current;
        if (now >= last.from && now < last.end) {
            return last.all;
        }
        long from = Long.MIN_VALUE;
        long end = Long.MAX_VALUE;
        List<Counters.Window> windows = new ArrayList<>(periods.length);
        for (int i = 0; i < periods.length; i++) {
            Counters.Window window = Counters.Window.of(periods[i].start(now), periods[i].end(now), limits[i]);
            from = Math.max(from, window.start());
            end = Math.min(end, window.end());
            windows.add(window);
        }
        current = new Windows(from, end, List.copyOf(windows));
        return windows;
    }

    /** The gateway logs why, once and not for each request. */
    private Future<Response> unreachable(Request request, Next next) {
        return config.faultTolerant()
                ? next.proceed(request)
                : Response.done(Response.error(500, "An unexpected error occurred"));
    }

    private Future<Response> decided(Request request, Next next, Counters.Count count, long now) {
        if (!count.granted()) {
            Response refusal = Response.error(config.errorCode(), config.errorMessage());
            if (!config.hideClientHeaders()) {
                tell(refusal.headers(), count, now);
            }
            return Response.done(refusal);
        }
        if (config.hideClientHeaders()) {
            return next.proceed(request);
        }
        return next.proceed(request).map(response -> {
            tell(response.headers(), count, now);
            return response;
        });
    }

    /** Kong's headers: each window by itself, and the one that runs out first; of two, the longer. */
    private void tell(MultiMap headers, Counters.Count count, long now) {
        int stop = -1;
        for (int i = 0; i < periods.length; i++) {
            if (limits[i] - count.before(i) <= 0) {
                stop = i;
            }
        }
        int tightest = 0;
        long least = Long.MAX_VALUE;
        for (int i = 0; i < periods.length; i++) {
            long remaining = limits[i] - count.before(i);
            if (stop < 0 || stop == i) {
                remaining--;
            }
            remaining = Math.max(0, remaining);
            if (remaining <= least) {
                least = remaining;
                tightest = i;
            }
            headers.set(periods[i].limitHeader, limitTexts[i]);
            headers.set(periods[i].remainingHeader, Long.toString(remaining));
        }
        Period period = periods[tightest];
        String reset = Long.toString(Math.max(1, period.seconds - (now / 1000 - period.start(now) / 1000)));
        headers.set(LIMIT, limitTexts[tightest]);
        headers.set(REMAINING, Long.toString(least));
        headers.set(RESET, reset);
        if (!count.granted()) {
            headers.set(RETRY_AFTER, reset);
        }
    }

    private String identifier(Request request) {
        Exchange exchange = request.exchange();
        String found = found(request, exchange);
        if (found == null || found.isEmpty()) {
            return exchange.clientAddress();
        }
        return found.length() <= MAX_IDENTIFIER ? found : hash(found);
    }

    private @Nullable String found(Request request, Exchange exchange) {
        return switch (config.limitBy()) {
            case IP -> null;
            case CONSUMER -> {
                Consumer consumer = exchange.consumer();
                yield consumer != null ? consumer.id() : credential(exchange);
            }
            case CONSUMER_GROUP -> {
                Consumer consumer = exchange.consumer();
                List<ConsumerGroup> groups =
                        consumer == null ? List.of() : exchange.directory().groups(consumer);
                yield groups.isEmpty() ? null : groups.get(0).id();
            }
            case CREDENTIAL -> credential(exchange);
            case SERVICE -> {
                Service service = exchange.service();
                yield service == null ? null : service.id();
            }
            case HEADER -> header == null ? null : header.first(request.headers());
            case PATH -> exchange.original().path().equals(config.path()) ? config.path() : null;
        };
    }

    private static @Nullable String credential(Exchange exchange) {
        Credential credential = exchange.credential();
        return credential == null ? null : credential.id();
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }
}
